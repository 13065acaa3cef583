#include "ring/kernel/decode_attention.h"

#include "ring/kernel/dense_attention.h"
#include "tests/ring/random_tensors.h"
#include "tests/support/tolerance.h"

#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ring {
namespace {

struct DecodeCase {
  int64_t batch, heads, queries, keys, head_dim;
};

class DecodeAttentionTest : public testing::TestWithParam<DecodeCase> {};

TEST_P(DecodeAttentionTest, EqualsDenseAttention) {
  const auto [B, H, Q, K, D] = GetParam();
  RandomTensors random(301);
  const at::Tensor q = random.NormalByToken({B, H, Q, D});
  const at::Tensor k = random.Normal({B, H, K + 9, D}).narrow(2, 0, K);  // a cache with room left
  const at::Tensor v = random.Normal({B, H, K + 9, D}).narrow(2, 0, K);
  ASSERT_TRUE(CanDecode(q, k, v));
  // Sums of up to a few thousand float32 terms of order 1.
  EXPECT_LT(RelativeError(DecodeAttention(q, k, v, /*causal=*/true),
                          DenseAttention(q, k, v, CausalVisibility(Q, K)).out_BHQD),
            tests::Tolerance(1e-6));
  EXPECT_LT(RelativeError(DecodeAttention(q, k, v, /*causal=*/false),
                          DenseAttention(q, k, v, {}).out_BHQD),
            tests::Tolerance(1e-6));
}

// 1024 keys are one unit of work and 32 one tile: lengths around them, and spans in which an early
// query sees nothing.
INSTANTIATE_TEST_SUITE_P(Shapes, DecodeAttentionTest,
                         testing::Values(DecodeCase{1, 1, 1, 1, 1}, DecodeCase{2, 3, 1, 31, 16},
                                         DecodeCase{3, 2, 4, 33, 20}, DecodeCase{1, 1, 5, 5, 128},
                                         DecodeCase{2, 1, 4, 1026, 128},
                                         DecodeCase{1, 2, 8, 1024, 64},
                                         DecodeCase{1, 1, 4, 4100, 7}),
                         [](const auto& shape) {
                           return "Q" + std::to_string(shape.param.queries) + "K" +
                                  std::to_string(shape.param.keys) + "D" +
                                  std::to_string(shape.param.head_dim);
                         });

// Each query has its own limit, as on a rank that holds some of the keys; and may see none.
TEST(DecodeAttentionTest, PartialResultAndLogSumExpEqualDenseOnesForAnyLimits) {
  constexpr int64_t kKeys = 2100;
  RandomTensors random(301);
  const at::Tensor q = random.NormalByToken({2, 3, 4, 24});
  const at::Tensor k = random.Normal({2, 3, kKeys, 24}), v = random.Normal({2, 3, kKeys, 24});
  const std::vector<int64_t> num_visible = {0, 1, 1030, kKeys};
  const at::Tensor visible_QK = at::zeros({4, kKeys}, at::TensorOptions().dtype(at::kBool));
  for (int64_t query = 0; query < 4; ++query) {
    visible_QK[query].narrow(0, 0, num_visible[static_cast<size_t>(query)]).fill_(true);
  }
  const PartialAttention part = DecodePartial(q, k, v, num_visible);
  const PartialAttention dense = DenseAttention(q, k, v, visible_QK);
  EXPECT_LT(RelativeError(part.out_BHQD, dense.out_BHQD), tests::Tolerance(1e-6));
  EXPECT_TRUE(at::equal(part.out_BHQD.select(2, 0), at::zeros({2, 3, 24})));
  EXPECT_TRUE(part.lse_BHQ.select(2, 0).isneginf().all().item<bool>());
  EXPECT_LT(RelativeError(part.lse_BHQ.narrow(2, 1, 3), dense.lse_BHQ.narrow(2, 1, 3)),
            tests::Tolerance(1e-6));
}

TEST(DecodeAttentionTest, RankWithoutKeysContributesNothing) {
  RandomTensors random(301);
  const at::Tensor k = random.Normal({1, 2, 20, 8}).narrow(2, 5, 0);
  const PartialAttention part = DecodePartial(random.Normal({1, 2, 1, 8}), k, k, {0});
  EXPECT_TRUE(at::equal(part.out_BHQD, at::zeros({1, 2, 1, 8})));
  EXPECT_TRUE(part.lse_BHQ.isneginf().all().item<bool>());
}

TEST(DecodeAttentionTest, LargeScoresDoNotOverflow) {
  RandomTensors random(301);
  const at::Tensor q = random.Normal({1, 1, 1, 16}) * 100;
  const at::Tensor k = random.Normal({1, 1, 300, 16}) * 100, v = random.Normal({1, 1, 300, 16});
  EXPECT_LT(RelativeError(DecodeAttention(q, k, v, /*causal=*/true),
                          DenseAttention(q, k, v, {}).out_BHQD),
            tests::Tolerance(2e-3));  // scores near 1e5 keep two decimals in float32
}

TEST(DecodeAttentionTest, ResultDoesNotDependOnTheNumberOfThreads) {
  RandomTensors random(301);
  const at::Tensor q = random.Normal({1, 1, 2, 32}), k = random.Normal({1, 1, 5000, 32});
  const int num_threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor alone = DecodeAttention(q, k, k, /*causal=*/true);
  at::set_num_threads(3);
  const at::Tensor together = DecodeAttention(q, k, k, /*causal=*/true);
  at::set_num_threads(num_threads);
  EXPECT_TRUE(at::equal(alone, together));
}

TEST(DecodeAttentionTest, ServesOnlyWhatItCan) {
  RandomTensors random(301);
  const at::Tensor k = random.Normal({1, 2, 20, 8});
  EXPECT_FALSE(CanDecode(random.Normal({1, 2, 9, 8}), k, k));
  EXPECT_FALSE(CanDecode(random.Normal({1, 2, 1, 8}, at::kDouble), k, k));
  EXPECT_FALSE(CanDecode(random.Normal({1, 2, 1, 8}), random.NormalByToken({1, 2, 20, 8}), k));
}

}  // namespace
}  // namespace ring
