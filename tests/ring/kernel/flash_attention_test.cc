#include "ring/kernel/flash_attention.h"

#include "ring/kernel/dense_attention.h"
#include "tests/ring/random_tensors.h"
#include "tests/support/tolerance.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <limits>

namespace ring {
namespace {

TEST(FlashAttentionTest, LogSumExpEqualsTheDenseOne) {
  RandomTensors random(301);
  const at::Tensor q = random.Normal({2, 3, 70, 16}, at::kDouble);
  const at::Tensor k = random.Normal({2, 3, 70, 16}, at::kDouble);
  const at::Tensor lse_BHQ = FlashForward(q, k, k, BlockMask::kDiagonal).lse_BHQ;
  const PartialAttention dense = DenseAttention(q, k, k, CausalVisibility(70, 70));
  EXPECT_LT(RelativeError(lse_BHQ, dense.lse_BHQ), tests::Tolerance(1e-13));
}

TEST(FlashAttentionTest, NoKeysHideEveryQuery) {
  RandomTensors random(301);
  const at::Tensor q = random.Normal({1, 2, 3, 4}), none = at::zeros({1, 2, 0, 4});
  const PartialAttention result = FlashForward(q, none, none, BlockMask::kFull);
  EXPECT_TRUE(at::equal(result.out_BHQD, at::zeros({1, 2, 3, 4})));
  EXPECT_TRUE(result.lse_BHQ.eq(-std::numeric_limits<double>::infinity()).all().item<bool>());

  const AttentionGradients gradients = FlashBackward(q, q, none, none, result, BlockMask::kFull);
  EXPECT_TRUE(at::equal(gradients.grad_q_BHQD, at::zeros({1, 2, 3, 4})));
  EXPECT_EQ(gradients.grad_k_BHKD.sizes(), none.sizes());
}

// The property the ring's backward rests on: with the global result, blocks' gradients add up.
TEST(FlashAttentionTest, GradientsOfBlocksAddUpToThoseOfTheWhole) {
  RandomTensors random(301);
  const at::Tensor q = random.Normal({1, 2, 6, 8}, at::kDouble);
  const at::Tensor k = random.Normal({1, 2, 10, 8}, at::kDouble);
  const at::Tensor v = random.Normal({1, 2, 10, 8}, at::kDouble);
  const at::Tensor grad = random.Normal({1, 2, 6, 8}, at::kDouble);
  const PartialAttention whole = FlashForward(q, k, v, BlockMask::kFull);
  const AttentionGradients expected = FlashBackward(grad, q, k, v, whole, BlockMask::kFull);

  at::Tensor grad_q = at::zeros_like(q);
  for (const auto& [begin, length] : {std::pair<int64_t, int64_t>{0, 3}, {3, 7}}) {
    const AttentionGradients part = FlashBackward(
        grad, q, k.narrow(2, begin, length), v.narrow(2, begin, length), whole, BlockMask::kFull);
    grad_q += part.grad_q_BHQD;
    EXPECT_LT(RelativeError(part.grad_k_BHKD, expected.grad_k_BHKD.narrow(2, begin, length)),
              tests::Tolerance(1e-13));
    EXPECT_LT(RelativeError(part.grad_v_BHKD, expected.grad_v_BHKD.narrow(2, begin, length)),
              tests::Tolerance(1e-13));
  }
  EXPECT_LT(RelativeError(grad_q, expected.grad_q_BHQD), tests::Tolerance(1e-13));
}

TEST(FlashAttentionTest, DiagonalBlockMustBeSquare) {
  RandomTensors random(301);
  const at::Tensor q = random.Normal({1, 1, 2, 4}), k = random.Normal({1, 1, 3, 4});
  EXPECT_THROW(FlashForward(q, k, k, BlockMask::kDiagonal), c10::Error);
}

}  // namespace
}  // namespace ring
