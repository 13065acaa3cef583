#include "ring/attention/head_exchange.h"

#include "tests/ring/attention/ring_case.h"
#include "tests/support/tolerance.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace ring {
namespace {

class HeadExchangeTest : public testing::TestWithParam<LayoutKind> {};

TEST_P(HeadExchangeTest, EqualsDenseAttentionForwardAndBackward) {
  for (const int ring_size : {1, 2, 3}) {
    for (const AttentionMask& mask :
         {AttentionMask{}, AttentionMask{.causal = false}, AttentionMask{.window = 6, .prefix = 2},
          AttentionMask{.document_begins = {0, 11, 12}}}) {
      const RingCase ring_case = {.layout = GetParam(),
                                  .ring_size = ring_size,
                                  .keys = 37,
                                  .mask = mask,
                                  .batch = 2,
                                  .query_heads = 12,
                                  .key_heads = 6,
                                  .method = RingMethod::kHeads,
                                  .dtype = at::kDouble};
      EXPECT_LT(ErrorOnRing(ring_case), tests::Tolerance(1e-12)) << Describe(ring_case);
    }
  }
}

// Two of five ranks hold nothing: they give empty shards and get empty results.
TEST_P(HeadExchangeTest, RanksWithoutTokensTakePart) {
  const RingCase ring_case = {.layout = GetParam(),
                              .ring_size = 5,
                              .keys = 3,
                              .query_heads = 5,
                              .key_heads = 5,
                              .method = RingMethod::kHeads,
                              .dtype = at::kDouble};
  EXPECT_LT(ErrorOnRing(ring_case), tests::Tolerance(1e-12));
}

TEST_P(HeadExchangeTest, RefusesHeadsThatDoNotDivide) {
  const RingCase ring_case = {.layout = GetParam(),
                              .ring_size = 2,
                              .keys = 8,
                              .query_heads = 6,
                              .key_heads = 3,
                              .method = RingMethod::kHeads};
  const WholeInputs inputs = RandomInputs(ring_case);
  EXPECT_THROW(OnRing(ring_case, inputs), c10::ValueError);
}

INSTANTIATE_TEST_SUITE_P(Layouts, HeadExchangeTest,
                         testing::Values(LayoutKind::kContiguous, LayoutKind::kZigzag,
                                         LayoutKind::kStriped),
                         [](const auto& layout) { return std::string(Name(layout.param)); });

}  // namespace
}  // namespace ring
