#include "ring/attention/gather_attention.h"

#include "ring/attention/ring_travel.h"
#include "ring/kernel/block_attention.h"
#include "ring/layout/sequence_layout.h"
#include "ring/runtime/trace.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <memory>
#include <numeric>
#include <vector>

namespace ring {
namespace {

// Keys and values side by side in a leading dimension, P = 2, so that they travel as one.
std::vector<int64_t> PairSizes(const AttentionPlan& plan, int64_t tokens) {
  return {2, plan.batch, plan.key_heads, tokens, plan.head_dim};
}

std::vector<int64_t> AllPositions(const AttentionPlan& plan) {
  std::vector<int64_t> positions(static_cast<size_t>(plan.keys.num_tokens()));
  std::iota(positions.begin(), positions.end(), 0);
  return positions;
}

// The keys and values of the whole context, in order of position.
at::Tensor Gather(const AttentionPlan& plan, const AttentionInputs& inputs, const Ring& ring) {
  const at::Tensor own_PBGKD =
      at::stack({inputs.k_BGKD.to(plan.wire), inputs.v_BGKD.to(plan.wire)});
  if (ring.size() == 1) return own_PBGKD;
  std::vector<std::vector<int64_t>> sizes;
  for (int rank = 0; rank < ring.size(); ++rank) {
    sizes.push_back(PairSizes(plan, plan.keys.ShardSize(rank)));
  }
  const std::vector<at::Tensor> to_each(static_cast<size_t>(ring.size()), own_PBGKD);
  return JoinShards(ring.communicator().AllToAll(to_each, sizes, "keys and values"), plan.keys,
                    /*dim=*/3);  // -> pair_PBGND
}

// Each rank's gradients from everybody, summed in the order of ranks.
at::Tensor ScatterSum(const AttentionPlan& plan, const at::Tensor& grad_PBGND, const Ring& ring) {
  if (ring.size() == 1) return grad_PBGND;
  std::vector<at::Tensor> to_each;
  for (int rank = 0; rank < ring.size(); ++rank) {
    to_each.push_back(TakeShard(grad_PBGND, plan.keys, rank, /*dim=*/3).contiguous());
  }
  const std::vector<std::vector<int64_t>> sizes(static_cast<size_t>(ring.size()),
                                                PairSizes(plan, plan.keys.ShardSize(plan.rank)));
  const std::vector<at::Tensor> shares =
      ring.communicator().AllToAll(to_each, sizes, "gradients of keys and values");
  at::Tensor sum_PBGKD = shares[0].clone();
  for (size_t rank = 1; rank < shares.size(); ++rank) sum_PBGKD.add_(shares[rank]);
  return sum_PBGKD;
}

}  // namespace

PartialAttention GatherForward(const AttentionPlan& plan, const AttentionInputs& inputs,
                               const Ring& ring) {
  const at::Tensor pair_PBGND = Gather(plan, inputs, ring);
  const TraceScope scope(TraceOf(ring), Activity::kCompute, "all");
  const std::unique_ptr<ForwardPass> pass =
      MakeForwardPass(inputs.q_BHQD, plan.key_heads, plan.keys.num_tokens(), plan.kernel);
  pass->Attend(pair_PBGND[0], pair_PBGND[1],
               plan.Visible(plan.QueryPositions(plan.rank), AllPositions(plan)));
  return pass->Finish();
}

ShardGradients GatherBackward(const AttentionPlan& plan, const AttentionRecord& record,
                              const at::Tensor& grad_out_BHQD, const Ring& ring) {
  const at::Tensor pair_PBGND = Gather(plan, record.inputs, ring);
  const at::Tensor grad_PBGND =
      at::zeros(pair_PBGND.sizes(), pair_PBGND.options().dtype(plan.exact));
  at::Tensor grad_k = grad_PBGND[0], grad_v = grad_PBGND[1], grad_q;
  {
    const TraceScope scope(TraceOf(ring), Activity::kCompute, "all");
    const std::unique_ptr<BackwardPass> pass =
        MakeBackwardPass(record.inputs.q_BHQD, record.whole, grad_out_BHQD, plan.key_heads,
                         plan.keys.num_tokens(), plan.kernel);
    pass->Attend(pair_PBGND[0], pair_PBGND[1],
                 plan.Visible(plan.QueryPositions(plan.rank), AllPositions(plan)), grad_k, grad_v);
    grad_q = pass->FinishGradQ();
  }
  const at::Tensor sum_PBGKD = ScatterSum(plan, grad_PBGND, ring);
  return {.grad_q_BHQD = grad_q, .grad_k_BGKD = sum_PBGKD[0], .grad_v_BGKD = sum_PBGKD[1]};
}

}  // namespace ring
