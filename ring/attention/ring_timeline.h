// When a ring is done: its rounds played with clocks instead of numbers.
//
// Every rank computes one block after another and waits where the next one, or a gradient, has not
// come yet; a link carries one message at a time and both ways at once. What is longer than the
// busiest rank's computing is communication that nothing hides.
#ifndef RING_ATTENTION_RING_TIMELINE_H_
#define RING_ATTENTION_RING_TIMELINE_H_

#include "ring/layout/ring_schedule.h"

#include <vector>

namespace ring {

// Seconds.
struct RingCosts {
  std::vector<double> compute;   // [rank] of one block it sees something of, its own or another
  std::vector<double> block;     // [owner] one hop of its keys and values
  std::vector<double> gradient;  // [owner] one hop of their gradients
};

// Until the last rank is done.
double ForwardSeconds(const RingSchedule& schedule, const RingCosts& costs);

// The own block is computed half at the beginning and half at the end.
double BackwardSeconds(const RingSchedule& schedule, const RingCosts& costs);

// Of the busiest rank, had it everything at hand.
double ComputeSeconds(const RingSchedule& schedule, const RingCosts& costs);

}  // namespace ring

#endif  // RING_ATTENTION_RING_TIMELINE_H_
