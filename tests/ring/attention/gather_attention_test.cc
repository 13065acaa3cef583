#include "ring/attention/gather_attention.h"

#include "tests/ring/attention/ring_case.h"
#include "tests/support/tolerance.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace ring {
namespace {

class GatherAttentionTest : public testing::TestWithParam<LayoutKind> {};

TEST_P(GatherAttentionTest, EqualsDenseAttentionForwardAndBackward) {
  for (const int ring_size : {1, 2, 3, 5}) {
    for (const AttentionMask& mask :
         {AttentionMask{}, AttentionMask{.causal = false}, AttentionMask{.window = 6, .prefix = 2},
          AttentionMask{.document_begins = {0, 11, 12}}}) {
      const RingCase ring_case = {.layout = GetParam(),
                                  .ring_size = ring_size,
                                  .keys = 37,
                                  .mask = mask,
                                  .batch = 2,
                                  .query_heads = 4,
                                  .key_heads = 2,
                                  .method = RingMethod::kAllGather,
                                  .dtype = at::kDouble};
      EXPECT_LT(ErrorOnRing(ring_case), tests::Tolerance(1e-12)) << Describe(ring_case);
    }
  }
}

// Two of five ranks hold nothing: they give empty shards and get empty results.
TEST_P(GatherAttentionTest, RanksWithoutTokensTakePart) {
  const RingCase ring_case = {.layout = GetParam(),
                              .ring_size = 5,
                              .keys = 3,
                              .method = RingMethod::kAllGather,
                              .dtype = at::kDouble};
  EXPECT_LT(ErrorOnRing(ring_case), tests::Tolerance(1e-12));
}

INSTANTIATE_TEST_SUITE_P(Layouts, GatherAttentionTest,
                         testing::Values(LayoutKind::kContiguous, LayoutKind::kZigzag,
                                         LayoutKind::kStriped),
                         [](const auto& layout) { return std::string(Name(layout.param)); });

}  // namespace
}  // namespace ring
