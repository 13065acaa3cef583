#include "ring/kernel/dense_attention.h"

#include "tests/ring/random_tensors.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ring {
namespace {

at::Tensor Rows(std::initializer_list<double> values, int64_t head_dim) {
  return at::tensor(at::ArrayRef<double>(values), at::kDouble).reshape({1, 1, -1, head_dim});
}

TEST(DenseAttentionTest, EqualsArithmeticByHand) {
  // Head dimension 1, so scores are q * k: weights exp(0), exp(ln 3) = 1 : 3.
  const at::Tensor q = Rows({1.0}, 1), k = Rows({0.0, std::log(3.0)}, 1), v = Rows({4.0, 8.0}, 1);
  const PartialAttention result = DenseAttention(q, k, v, {});
  EXPECT_NEAR(result.out_BHQD.item<double>(), 0.25 * 4 + 0.75 * 8, 1e-15);
  EXPECT_NEAR(result.lse_BHQ.item<double>(), std::log(4.0), 1e-15);
}

TEST(DenseAttentionTest, ScoresAreScaledByTheRootOfTheHeadDimension) {
  // q . k = 4 ln 3 over D = 16 gives ln 3 after division by 4.
  const at::Tensor ones = Rows({1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 16);
  const at::Tensor k = at::cat({ones * 0.0, ones * (std::log(3.0) / 4)}, /*dim=*/2);
  EXPECT_NEAR(DenseAttention(ones, k, k, {}).lse_BHQ.item<double>(), std::log(4.0), 1e-14);
}

TEST(DenseAttentionTest, CausalVisibilityIsAlignedAtTheLastKey) {
  const at::Tensor expected = at::tensor({1, 1, 0, 1, 1, 1}).reshape({2, 3}).to(at::kBool);
  EXPECT_TRUE(at::equal(CausalVisibility(2, 3), expected));
}

TEST(DenseAttentionTest, RowThatSeesNothingIsZeroWithoutGradient) {
  RandomTensors random(301);
  const at::Tensor q = random.Normal({1, 1, 2, 4}, at::kDouble).requires_grad_();
  const at::Tensor k = random.Normal({1, 1, 3, 4}, at::kDouble).requires_grad_();
  at::Tensor visible = at::ones({2, 3}, at::kBool);
  visible[0].fill_(false);
  const PartialAttention result = DenseAttention(q, k, k, visible);
  EXPECT_EQ(result.out_BHQD[0][0][0].abs().sum().item<double>(), 0.0);
  EXPECT_EQ(result.lse_BHQ[0][0][0].item<double>(), -std::numeric_limits<double>::infinity());

  result.out_BHQD.sum().backward();
  EXPECT_EQ(q.grad()[0][0][0].abs().sum().item<double>(), 0.0);
  EXPECT_GT(q.grad()[0][0][1].abs().sum().item<double>(), 0.0);
  EXPECT_TRUE(k.grad().isfinite().all().item<bool>());
}

}  // namespace
}  // namespace ring
