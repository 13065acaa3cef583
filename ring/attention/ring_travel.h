// What travels round the ring: blocks of keys and values, and in backward their gradients behind
// them.
//
// Both classes only post and wait; who visits whom when is RingSchedule's. Two rules keep a ring
// from waiting for itself, whatever the schedule: a rank begins a round by posting every receive
// whose message is sent in the peers' round before, and waits in a round only for messages and
// sends of the rounds before. (So ranks may drift apart by a round, and no further.)
//
// Buffers alive at a time, whatever the ring's size: two of keys and values (the visitor and the
// next one) and three of gradients (the share being computed, the sum before on its way, and the
// sum arriving). In the last round no next block comes, but the own gradient, home. Where messages
// are not copied, a rank holds one of keys and two of gradients: its share and the sum it began.
#ifndef RING_ATTENTION_RING_TRAVEL_H_
#define RING_ATTENTION_RING_TRAVEL_H_

#include "ring/attention/attention_plan.h"
#include "ring/attention/key_value_message.h"
#include "ring/layout/ring_schedule.h"
#include "ring/runtime/communicator.h"
#include "ring/runtime/hop.h"

#include <ATen/core/Tensor.h>

#include <cstddef>

namespace ring {

// Where this rank records what it does; null on a ring of one.
TraceRecorder* TraceOf(const Ring& ring);

// The format of the block of `owner`, and of its gradients.
KeyValueFormat BlockFormat(const AttentionPlan& plan, int owner);
KeyValueFormat GradientFormat(const AttentionPlan& plan, int owner);

class KeyValueTravel {
 public:
  KeyValueTravel(const AttentionPlan& plan, const RingSchedule& schedule, const Ring& ring,
                 Pass pass)
      : plan_(plan), schedule_(schedule), ring_(ring), pass_(pass) {}

  // Posts the first receive and sends this rank's own block, if anybody sees it.
  void Start(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD);

  // The block that visits in `round`, sent on if it travels on; the next one is on its way.
  // REQUIRES: called for each round of this rank's schedule, in order.
  Message Arrive(const RingRound& round);

  // Waits until the last block has been taken.
  void Finish();

 private:
  Hop HopOf(int owner, int round) const;
  void Expect(size_t visit);

  const AttentionPlan& plan_;
  const RingSchedule& schedule_;
  const Ring& ring_;
  Pass pass_;
  size_t visits_ = 0;
  PendingReceive next_;
  PendingSend sent_;
};

class GradientTravel {
 public:
  GradientTravel(const AttentionPlan& plan, const RingSchedule& schedule, const Ring& ring)
      : plan_(plan), schedule_(schedule), ring_(ring) {}

  // Begins `round`, once its block is there and the previous one has left, whose buffer is free
  // then: posts what peers send at the end of the round before.
  void Expect(const RingRound& round);

  // Zeros, for this rank's share of the gradients of the visitor of `round`.
  Message Start(const RingRound& round);

  // Ends `round`: adds the share (empty where nothing was visible) to the sum that came with the
  // visitor, or begins the sum with it, and sends it after the visitor, or home.
  void SendOn(const RingRound& round, const Message& share);

  // After the last round; then, when there is nothing left to compute, adds what the others
  // computed for this rank's own block.
  void ExpectHome();
  void AddHome(at::Tensor& grad_k_BGKD, at::Tensor& grad_v_BGKD);

 private:
  Hop HopOf(int owner, int round) const;

  const AttentionPlan& plan_;
  const RingSchedule& schedule_;
  const Ring& ring_;
  Message share_;  // never sent: used again in each round that a sum comes to
  PendingReceive incoming_, home_;
  PendingSend sent_;
};

}  // namespace ring

#endif  // RING_ATTENTION_RING_TRAVEL_H_
