#include "ring/attention/head_exchange.h"

#include "ring/attention/ring_travel.h"
#include "ring/kernel/block_attention.h"
#include "ring/layout/sequence_layout.h"
#include "ring/runtime/trace.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ring {
namespace {

// A call's plan as one rank sees it that computes some heads over the whole context.
struct HeadShare {
  BlockAttentionOptions kernel;
  int64_t query_heads, key_heads;  // of one rank
  BlockVisibility visible;
};

HeadShare ShareOf(const AttentionPlan& plan) {
  std::vector<int64_t> queries, keys(static_cast<size_t>(plan.keys.num_tokens()));
  for (int64_t i = 0; i < plan.keys.num_tokens(); ++i) keys[static_cast<size_t>(i)] = i;
  queries.assign(keys.end() - plan.queries.num_tokens(), keys.end());
  HeadShare share = {.kernel = plan.kernel,
                     .query_heads = plan.query_heads / plan.ring_size(),
                     .key_heads = plan.key_heads / plan.ring_size(),
                     .visible = plan.Visible(std::move(queries), std::move(keys))};
  share.kernel.dropout.first_head += plan.rank * share.query_heads;
  return share;
}

// All heads of this rank's tokens become this rank's heads of all tokens.
at::Tensor ToHeads(const at::Tensor& x_BHTD, const SequenceLayout& layout, const Ring& ring,
                   const std::string& what) {
  if (ring.size() == 1) return x_BHTD;
  const int64_t heads = x_BHTD.size(1) / ring.size();
  std::vector<at::Tensor> outgoing;
  std::vector<std::vector<int64_t>> sizes;
  for (int rank = 0; rank < ring.size(); ++rank) {
    outgoing.push_back(x_BHTD.narrow(1, rank * heads, heads).contiguous());
    sizes.push_back({x_BHTD.size(0), heads, layout.ShardSize(rank), x_BHTD.size(3)});
  }
  return JoinShards(ring.communicator().AllToAll(outgoing, sizes, what), layout, /*dim=*/2);
}

// The inverse.
at::Tensor ToTokens(const at::Tensor& x_BHND, const SequenceLayout& layout, const Ring& ring,
                    const std::string& what) {
  if (ring.size() == 1) return x_BHND;
  std::vector<at::Tensor> outgoing;
  for (int rank = 0; rank < ring.size(); ++rank) {
    outgoing.push_back(TakeShard(x_BHND, layout, rank, /*dim=*/2).contiguous());
  }
  const std::vector<std::vector<int64_t>> sizes(
      static_cast<size_t>(ring.size()), outgoing[static_cast<size_t>(ring.rank())].sizes().vec());
  return at::cat(ring.communicator().AllToAll(outgoing, sizes, what), /*dim=*/1);
}

}  // namespace

HeadExchangeResult HeadExchangeForward(const AttentionPlan& plan, const AttentionInputs& inputs,
                                       const Ring& ring) {
  AttentionRecord record = {
      .inputs = {.q_BHQD = ToHeads(inputs.q_BHQD.to(plan.wire), plan.queries, ring, "queries"),
                 .k_BGKD = ToHeads(inputs.k_BGKD.to(plan.wire), plan.keys, ring, "keys"),
                 .v_BGKD = ToHeads(inputs.v_BGKD.to(plan.wire), plan.keys, ring, "values")},
      .whole = {}};
  const HeadShare share = ShareOf(plan);
  {
    const TraceScope scope(TraceOf(ring), Activity::kCompute, "own heads");
    const std::unique_ptr<ForwardPass> pass = MakeForwardPass(record.inputs.q_BHQD, share.key_heads,
                                                              plan.keys.num_tokens(), share.kernel);
    pass->Attend(record.inputs.k_BGKD, record.inputs.v_BGKD, share.visible);
    record.whole = pass->Finish();
  }
  at::Tensor out_BHQD = ToTokens(record.whole.out_BHQD, plan.queries, ring, "attention outputs");
  return {.out_BHQD = std::move(out_BHQD), .record = std::move(record)};
}

ShardGradients HeadExchangeBackward(const AttentionPlan& plan, const AttentionRecord& record,
                                    const at::Tensor& grad_out_BHQD, const Ring& ring) {
  const at::Tensor grad_out = ToHeads(grad_out_BHQD, plan.queries, ring, "gradients of outputs");
  const HeadShare share = ShareOf(plan);
  const at::TensorOptions exact = record.inputs.k_BGKD.options().dtype(plan.exact);
  at::Tensor grad_k = at::zeros(record.inputs.k_BGKD.sizes(), exact);
  at::Tensor grad_v = at::zeros(record.inputs.v_BGKD.sizes(), exact), grad_q;
  {
    const TraceScope scope(TraceOf(ring), Activity::kCompute, "own heads");
    const std::unique_ptr<BackwardPass> pass =
        MakeBackwardPass(record.inputs.q_BHQD, record.whole, grad_out, share.key_heads,
                         plan.keys.num_tokens(), share.kernel);
    pass->Attend(record.inputs.k_BGKD, record.inputs.v_BGKD, share.visible, grad_k, grad_v);
    grad_q = pass->FinishGradQ();
  }
  return {.grad_q_BHQD = ToTokens(grad_q, plan.queries, ring, "gradients of queries"),
          .grad_k_BGKD = ToTokens(grad_k, plan.keys, ring, "gradients of keys"),
          .grad_v_BGKD = ToTokens(grad_v, plan.keys, ring, "gradients of values")};
}

}  // namespace ring
