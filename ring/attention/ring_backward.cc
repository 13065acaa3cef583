#include "ring/attention/ring_backward.h"

#include "ring/attention/key_value_message.h"
#include "ring/attention/own_block.h"
#include "ring/attention/ring_travel.h"
#include "ring/kernel/block_attention.h"
#include "ring/layout/ring_schedule.h"
#include "ring/runtime/trace.h"

#include <ATen/ops/zeros_like.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace ring {
namespace {

constexpr int64_t kTileKeys = 128;  // of the kernel's backward pass

// The own block and its gradients, which never travel.
class OwnBlock {
 public:
  OwnBlock(const AttentionPlan& plan, const AttentionRecord& record, ShardGradients& gradients)
      : record_(record), gradients_(gradients), visible_(plan.Visible(plan.rank)) {}

  // Where no message has to be waited for, the second half is all of it.
  void AttendFirstHalf(BackwardPass& pass, bool messages_travel) {
    if (messages_travel) middle_ = HalfOfPairs(visible_, kTileKeys);
    Attend(pass, 0, middle_);
  }
  void AttendSecondHalf(BackwardPass& pass) { Attend(pass, middle_, visible_.num_keys()); }

 private:
  void Attend(BackwardPass& pass, int64_t begin, int64_t end) {
    if (begin == end) return;
    const auto part = [&](const at::Tensor& x_BGKD) {
      return x_BGKD.narrow(2, begin, end - begin);
    };
    at::Tensor grad_k = part(gradients_.grad_k_BGKD), grad_v = part(gradients_.grad_v_BGKD);
    pass.Attend(part(record_.inputs.k_BGKD), part(record_.inputs.v_BGKD),
                OfKeys(visible_, begin, end), grad_k, grad_v);
  }

  const AttentionRecord& record_;
  ShardGradients& gradients_;
  BlockVisibility visible_;
  int64_t middle_ = 0;
};

// This rank's share of the gradients of the visitor `block`.
Message Visit(const AttentionPlan& plan, const RingRound& round, const Message& block,
              BackwardPass& pass, GradientTravel& gradients) {
  const KeyValueFormat keys = BlockFormat(plan, round.owner);
  const KeyValueFormat sums = GradientFormat(plan, round.owner);
  Message share = gradients.Start(round);
  at::Tensor grad_k = sums.First(share), grad_v = sums.Second(share);
  pass.Attend(keys.First(block), keys.Second(block), plan.Visible(round.owner), grad_k, grad_v);
  return share;
}

}  // namespace

ShardGradients RingBackward(const AttentionPlan& plan, const AttentionRecord& record,
                            const at::Tensor& grad_out_BHQD, const Ring& ring) {
  const RingSchedule schedule(plan.mask, plan.queries, plan.keys);
  const std::unique_ptr<BackwardPass> pass =
      MakeBackwardPass(record.inputs.q_BHQD, record.whole, grad_out_BHQD, plan.key_heads,
                       plan.keys.MaxShardSize(), plan.kernel);
  const at::TensorOptions exact = record.inputs.k_BGKD.options().dtype(plan.exact);
  ShardGradients gradients = {.grad_q_BHQD = {},
                              .grad_k_BGKD = at::zeros_like(record.inputs.k_BGKD, exact),
                              .grad_v_BGKD = at::zeros_like(record.inputs.v_BGKD, exact)};
  OwnBlock own(plan, record, gradients);
  KeyValueTravel blocks(plan, schedule, ring, Pass::kBackward);
  GradientTravel gradients_of_others(plan, schedule, ring);

  blocks.Start(record.inputs.k_BGKD, record.inputs.v_BGKD);
  {
    const TraceScope scope(TraceOf(ring), Activity::kCompute, "own, first half");
    own.AttendFirstHalf(*pass, /*messages_travel=*/ring.size() > 1);
  }
  for (const RingRound& round : schedule.Rounds(plan.rank)) {
    const Message block = blocks.Arrive(round);
    gradients_of_others.Expect(round);
    Message share;
    if (round.computes) {
      const TraceScope scope(TraceOf(ring), Activity::kCompute,
                             "visitor " + std::to_string(round.owner));
      share = Visit(plan, round, block, *pass, gradients_of_others);
    }
    gradients_of_others.SendOn(round, share);
  }
  gradients_of_others.ExpectHome();
  {
    const TraceScope scope(TraceOf(ring), Activity::kCompute, "own, second half");
    own.AttendSecondHalf(*pass);
  }
  blocks.Finish();
  gradients_of_others.AddHome(gradients.grad_k_BGKD, gradients.grad_v_BGKD);
  gradients.grad_q_BHQD = pass->FinishGradQ();
  return gradients;
}

}  // namespace ring
