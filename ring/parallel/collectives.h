// What ranks that train together have to settle among themselves: sums, one rank's state for all,
// whether anybody wants to stop.
//
// Every rank of the ring makes the same calls in the same order. On a ring of one each call is
// finished at once, so that nobody above has to ask how large the ring is. All throw
// CommunicationError when a peer dies, hangs or disagrees; `what` names the call in it.
#ifndef RING_PARALLEL_COLLECTIVES_H_
#define RING_PARALLEL_COLLECTIVES_H_

#include "ring/runtime/ring.h"

#include <ATen/core/Tensor.h>

#include <chrono>
#include <string>
#include <vector>

namespace ring {

// Every tensor becomes its sum over the ranks, the same bits on all of them. In place, as one
// message. REQUIRES: one type, and the same shapes on every rank.
void SumOverRing(const std::vector<at::Tensor>& tensors, const Ring& ring, const std::string& what);

// Every tensor becomes rank 0's, in place.
void CopyFromFirst(const std::vector<at::Tensor>& tensors, const Ring& ring,
                   const std::string& what);

// Rank 0's text.
std::string TextOfFirst(const std::string& text, const Ring& ring, const std::string& what);

// The texts of all ranks, in rank order.
std::vector<std::string> GatherTexts(const std::string& text, const Ring& ring,
                                     const std::string& what);

// True on every rank if it is on any.
bool AnyOfRing(bool mine, const Ring& ring, const std::string& what);

// Throws on every rank unless all describe the same.
void AgreeOverRing(const std::string& described, const Ring& ring, const std::string& what);

// Returns when every rank has come here. A rank that dies ends the wait at once, one that lives may
// take `timeout`.
void WaitForAll(const Ring& ring, const std::string& what, std::chrono::milliseconds timeout);

// Seconds this rank has waited for others so far.
double WaitedSeconds(const Ring& ring);

}  // namespace ring

#endif  // RING_PARALLEL_COLLECTIVES_H_
