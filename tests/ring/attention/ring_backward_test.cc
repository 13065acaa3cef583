#include "ring/attention/ring_backward.h"

#include "ring/attention/ring_forward.h"
#include "tests/ring/attention/ring_case.h"
#include "tests/support/tolerance.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ring {
namespace {

// The shards' gradients as RingBackward gives them, joined.
WholeResult Backward(const RingCase& ring_case, const WholeInputs& inputs) {
  const auto size = static_cast<size_t>(ring_case.ring_size);
  const SequenceLayout layout =
      SequenceLayout::Make(ring_case.layout, ring_case.keys, ring_case.ring_size);
  std::vector<at::Tensor> out(size), grad_q(size), grad_k(size), grad_v(size);
  OnEveryRank(ring_case.ring_size, ring_case.transport, [&](const Ring& ring) {
    const auto shard = [&](const at::Tensor& x) {
      return TakeShard(x, layout, ring.rank(), /*dim=*/2);
    };
    AttentionRecord record = {
        .inputs = {shard(inputs.q_BHQD), shard(inputs.k_BGKD), shard(inputs.v_BGKD)}, .whole = {}};
    const AttentionPlan plan =
        MakeAttentionPlan(record.inputs.q_BHQD, record.inputs.k_BGKD, record.inputs.v_BGKD,
                          {.mask = ring_case.mask}, layout, ring);
    record.whole = RingForward(plan, record.inputs, ring);
    const ShardGradients gradients = RingBackward(plan, record, shard(inputs.grad_out_BHQD), ring);
    const auto rank = static_cast<size_t>(ring.rank());
    out[rank] = record.whole.out_BHQD;
    grad_q[rank] = gradients.grad_q_BHQD;
    grad_k[rank] = gradients.grad_k_BGKD;
    grad_v[rank] = gradients.grad_v_BGKD;
  });
  return {.out_BHQD = JoinShards(out, layout, /*dim=*/2),
          .grad_q_BHQD = JoinShards(grad_q, layout, /*dim=*/2),
          .grad_k_BGKD = JoinShards(grad_k, layout, /*dim=*/2),
          .grad_v_BGKD = JoinShards(grad_v, layout, /*dim=*/2)};
}

// Long enough that the own block is cut in two between tiles of keys.
TEST(RingBackwardTest, EqualsDenseGradientsWithTheOwnBlockInTwoHalves) {
  for (const LayoutKind layout :
       {LayoutKind::kContiguous, LayoutKind::kZigzag, LayoutKind::kStriped}) {
    const RingCase ring_case = {
        .layout = layout, .ring_size = 2, .keys = 1301, .query_heads = 1, .key_heads = 1};
    const WholeInputs inputs = RandomInputs(ring_case);
    EXPECT_LT(LargestError(Backward(ring_case, inputs), Dense(ring_case, inputs)),
              tests::Tolerance(1e-6))
        << Describe(ring_case);
  }
}

// Reaches differ: some gradients go home while others still travel.
TEST(RingBackwardTest, GradientsOfUnequalReachesDoNotWaitForEachOther) {
  for (const AttentionMask& mask :
       {AttentionMask{.window = 9}, AttentionMask{.document_begins = {0, 3, 30, 31, 50}},
        AttentionMask{.window = 4, .prefix = 7}}) {
    for (const LayoutKind layout :
         {LayoutKind::kContiguous, LayoutKind::kZigzag, LayoutKind::kStriped}) {
      const RingCase ring_case = {
          .layout = layout, .ring_size = 6, .keys = 61, .mask = mask, .dtype = at::kDouble};
      const WholeInputs inputs = RandomInputs(ring_case);
      EXPECT_LT(LargestError(Backward(ring_case, inputs), Dense(ring_case, inputs)),
                tests::Tolerance(1e-12))
          << Describe(ring_case);
    }
  }
}

}  // namespace
}  // namespace ring
