#include "ring/attention/ring_travel.h"

#include <ATen/core/Tensor.h>

#include <utility>

namespace ring {
namespace {

int Next(const Ring& ring) { return (ring.rank() + 1) % ring.size(); }
int Previous(const Ring& ring) { return (ring.rank() + ring.size() - 1) % ring.size(); }

std::array<int64_t, 4> BlockSizes(const AttentionPlan& plan, int owner) {
  return {plan.batch, plan.key_heads, plan.keys.ShardSize(owner), plan.head_dim};
}

void Wait(PendingSend& send) {
  if (send) std::exchange(send, PendingSend()).Wait();
}

}  // namespace

TraceRecorder* TraceOf(const Ring& ring) {
  return ring.size() > 1 ? ring.communicator().trace() : nullptr;
}

KeyValueFormat BlockFormat(const AttentionPlan& plan, int owner) {
  return {BlockSizes(plan, owner), plan.wire};
}

KeyValueFormat GradientFormat(const AttentionPlan& plan, int owner) {
  return {BlockSizes(plan, owner), plan.exact};
}

void KeyValueTravel::Start(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD) {
  Expect(/*visit=*/0);
  if (schedule_.Reach(plan_.rank) == 0) return;
  const KeyValueFormat format = BlockFormat(plan_, plan_.rank);
  Message block = ring_.communicator().Allocate(format.bytes());
  format.Pack(k_BGKD, v_BGKD, block);
  sent_ = ring_.communicator().Send(block, Next(ring_), HopOf(plan_.rank, /*round=*/1));
}

Message KeyValueTravel::Arrive(const RingRound& round) {
  Message block = std::exchange(next_, PendingReceive()).Wait();
  Wait(sent_);  // the previous block is gone: its buffer is the next one's
  Expect(++visits_);
  if (round.travels_on) {
    sent_ = ring_.communicator().Send(block, Next(ring_), HopOf(round.owner, round.round + 1));
  }
  return block;
}

void KeyValueTravel::Finish() { Wait(sent_); }

void KeyValueTravel::Expect(size_t visit) {
  const std::vector<RingRound>& rounds = schedule_.Rounds(plan_.rank);
  if (visit == rounds.size()) return;
  next_ = ring_.communicator().Receive(Previous(ring_),
                                       HopOf(rounds[visit].owner, rounds[visit].round));
}

Hop KeyValueTravel::HopOf(int owner, int round) const {
  return {.pass = pass_,
          .cargo = Cargo::kKeysAndValues,
          .layer = plan_.layer,
          .round = round,
          .owner = owner,
          .bytes = BlockFormat(plan_, owner).bytes()};
}

void GradientTravel::Expect(const RingRound& round) {
  if (round.gradient_comes) {
    incoming_ = ring_.communicator().Receive(Previous(ring_), HopOf(round.owner, round.round));
  }
  // Before it is waited for: the peers may be ahead.
  if (round.round >= schedule_.Reach(plan_.rank)) ExpectHome();
}

Message GradientTravel::Start(const RingRound& round) {
  const KeyValueFormat format = GradientFormat(plan_, round.owner);
  if (!round.gradient_comes) {
    Message sum = ring_.communicator().Allocate(format.bytes());
    format.Flat(sum).zero_();
    return sum;
  }
  if (!share_) {
    const KeyValueFormat largest(
        {plan_.batch, plan_.key_heads, plan_.keys.MaxShardSize(), plan_.head_dim}, plan_.exact);
    share_ = ring_.communicator().Allocate(largest.bytes());
  }
  format.Flat(share_).zero_();
  return share_;
}

void GradientTravel::SendOn(const RingRound& round, const Message& share) {
  Message sum = share;
  if (round.gradient_comes) {
    sum = std::exchange(incoming_, PendingReceive()).Wait();
    const KeyValueFormat format = GradientFormat(plan_, round.owner);
    if (share) format.Flat(sum).add_(format.Flat(share));
  }
  Wait(sent_);
  if (!sum) return;
  sent_ = ring_.communicator().Send(sum, round.travels_on ? Next(ring_) : round.owner,
                                    HopOf(round.owner, round.round + 1));
}

void GradientTravel::ExpectHome() {
  const int reach = schedule_.Reach(plan_.rank);
  if (reach == 0 || home_) return;
  const int last = (plan_.rank + reach) % ring_.size();
  home_ = ring_.communicator().Receive(last, HopOf(plan_.rank, reach + 1));
}

void GradientTravel::AddHome(at::Tensor& grad_k_BGKD, at::Tensor& grad_v_BGKD) {
  if (home_) {
    const Message home = std::exchange(home_, PendingReceive()).Wait();
    const KeyValueFormat format = GradientFormat(plan_, plan_.rank);
    grad_k_BGKD.add_(format.First(home));
    grad_v_BGKD.add_(format.Second(home));
  }
  Wait(sent_);
}

Hop GradientTravel::HopOf(int owner, int round) const {
  return {.pass = Pass::kBackward,
          .cargo = Cargo::kGradients,
          .layer = plan_.layer,
          .round = round,
          .owner = owner,
          .bytes = GradientFormat(plan_, owner).bytes()};
}

}  // namespace ring
