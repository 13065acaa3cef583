#include "ring/attention/ring_forward.h"

#include "ring/attention/ring_travel.h"
#include "ring/kernel/dense_attention.h"
#include "ring/runtime/trace.h"
#include "tests/ring/attention/ring_case.h"
#include "tests/ring/random_tensors.h"
#include "tests/support/tolerance.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace ring {
namespace {

// The ring as one would write it first: no messages, no schedule; each rank's queries attend to one
// whole block after the other, and partial results merge.
PartialAttention NaiveRing(const SequenceLayout& layout, const AttentionMask& mask, int rank,
                           const WholeInputs& inputs) {
  const at::Tensor q = TakeShard(inputs.q_BHQD, layout, rank, /*dim=*/2);
  PartialAttention whole;
  for (int round = 0; round < layout.ring_size(); ++round) {
    const int owner = (rank - round + layout.ring_size()) % layout.ring_size();
    const at::Tensor k = TakeShard(inputs.k_BGKD, layout, owner, /*dim=*/2);
    const at::Tensor v = TakeShard(inputs.v_BGKD, layout, owner, /*dim=*/2);
    const at::Tensor visible =
        DenseVisibility(mask, layout.Positions(rank), layout.Positions(owner), layout.num_tokens());
    const PartialAttention block = DenseAttention(q, k, v, visible);
    whole = round == 0 ? block : Merge(whole, block);
  }
  return whole;
}

class RingForwardTest : public testing::TestWithParam<LayoutKind> {};

TEST_P(RingForwardTest, EqualsTheNaiveLoop) {
  for (const AttentionMask& mask :
       {AttentionMask{}, AttentionMask{.causal = false}, AttentionMask{.window = 5}}) {
    const RingCase ring_case = {
        .layout = GetParam(), .ring_size = 4, .keys = 43, .mask = mask, .dtype = at::kDouble};
    const WholeInputs inputs = RandomInputs(ring_case);
    const SequenceLayout layout = SequenceLayout::Make(GetParam(), 43, 4);
    std::vector<PartialAttention> naive;  // before the ranks begin, on one thread
    for (int rank = 0; rank < 4; ++rank) naive.push_back(NaiveRing(layout, mask, rank, inputs));
    std::vector<double> out_error(4), lse_error(4);
    OnEveryRank(4, Transport::kGloo, [&](const Ring& ring) {
      const auto shard = [&](const at::Tensor& x) {
        return TakeShard(x, layout, ring.rank(), /*dim=*/2);
      };
      const AttentionInputs own = {shard(inputs.q_BHQD), shard(inputs.k_BGKD),
                                   shard(inputs.v_BGKD)};
      const AttentionPlan plan =
          MakeAttentionPlan(own.q_BHQD, own.k_BGKD, own.v_BGKD, {.mask = mask}, layout, ring);
      const PartialAttention ours = RingForward(plan, own, ring);
      const auto rank = static_cast<size_t>(ring.rank());
      out_error[rank] = RelativeError(ours.out_BHQD, naive[rank].out_BHQD);
      lse_error[rank] = RelativeError(ours.lse_BHQ, naive[rank].lse_BHQ);
    });
    for (size_t rank = 0; rank < 4; ++rank) {
      EXPECT_LT(out_error[rank], tests::Tolerance(1e-12)) << "rank " << rank;
      EXPECT_LT(lse_error[rank], tests::Tolerance(1e-12)) << "rank " << rank;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, RingForwardTest,
                         testing::Values(LayoutKind::kContiguous, LayoutKind::kZigzag,
                                         LayoutKind::kStriped),
                         [](const auto& layout) { return std::string(Name(layout.param)); });

// Contiguous and causal, rank 0 sees nobody else: nothing is sent to it, nobody waits for it.
TEST(RingForwardTest, SendsOnlyWhatSomebodySees) {
  const SequenceLayout layout = SequenceLayout::Contiguous(40, 4);
  std::vector<int64_t> sent(4, -1);
  RandomTensors random(301);
  const at::Tensor x = random.Normal({1, 1, 10, 16});
  OnEveryRank(4, Transport::kGloo, [&](const Ring& ring) {
    const AttentionPlan plan = MakeAttentionPlan(x, x, x, {.mask = {.window = 10}}, layout, ring);
    const int64_t before = TraceOf(ring)->bytes_sent();
    RingForward(plan, {x, x, x}, ring);
    sent[static_cast<size_t>(ring.rank())] = TraceOf(ring)->bytes_sent() - before;
  });
  const int64_t block = 2 * 10 * 16 * 4;
  for (const int rank : {0, 1, 2}) {
    EXPECT_GE(sent[static_cast<size_t>(rank)], block) << rank;
    EXPECT_LT(sent[static_cast<size_t>(rank)], 2 * block) << rank;  // the block and its header
  }
  EXPECT_EQ(sent[3], 0);
}

}  // namespace
}  // namespace ring
