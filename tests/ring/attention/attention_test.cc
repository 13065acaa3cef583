#include "ring/attention/attention.h"

#include "ring/kernel/dense_attention.h"
#include "tests/ring/random_tensors.h"
#include "tests/support/tolerance.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <string>

namespace ring {
namespace {

at::Tensor Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, bool causal) {
  const Ring ring;
  return Attention(q, k, v, {.mask = {.causal = causal}},
                   SequenceLayout::Contiguous(k.size(2), ring.size()), ring);
}

struct AttentionCase {
  int64_t batch, heads, queries, keys, head_dim;
  bool causal;
};

class AttentionTest : public testing::TestWithParam<AttentionCase> {};

TEST_P(AttentionTest, EqualsDenseAttentionForwardAndBackward) {
  const auto [B, H, Q, K, D, causal] = GetParam();
  RandomTensors random(301);
  const at::Tensor q = random.NormalByToken({B, H, Q, D}).requires_grad_();
  const at::Tensor k = random.NormalByToken({B, H, K, D}).requires_grad_();
  const at::Tensor v = random.Normal({B, H, K, D}).requires_grad_();
  const at::Tensor grad = random.NormalByToken({B, H, Q, D});

  const at::Tensor out = Attend(q, k, v, causal);
  out.backward(grad);
  const at::Tensor ours[] = {q.grad(), k.grad(), v.grad()};
  for (const at::Tensor& input : {q, k, v}) input.mutable_grad() = at::Tensor();

  const at::Tensor visible = causal ? CausalVisibility(Q, K) : at::Tensor();
  const at::Tensor expected = DenseAttention(q, k, v, visible).out_BHQD;
  expected.backward(grad.to(at::kDouble));
  // 5e-7 was measured for float32 against float64; a wrong block or log-sum-exp is off by 1e-1.
  EXPECT_LT(RelativeError(out, expected), tests::Tolerance(2e-6));
  EXPECT_LT(RelativeError(ours[1], k.grad()), tests::Tolerance(2e-6));
  EXPECT_LT(RelativeError(ours[2], v.grad()), tests::Tolerance(2e-6));
  EXPECT_LT(RelativeError(ours[0], q.grad()), tests::Tolerance(2e-6));

  const at::NoGradGuard no_grad;  // the path of acting
  EXPECT_LT(RelativeError(Attend(q, k, v, causal), expected), tests::Tolerance(2e-6));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, AttentionTest,
    testing::Values(AttentionCase{1, 1, 2, 2, 8, true}, AttentionCase{2, 3, 33, 33, 16, true},
                    AttentionCase{1, 1, 257, 257, 128, true},
                    AttentionCase{3, 2, 64, 64, 32, false}, AttentionCase{2, 1, 1, 50, 128, true},
                    AttentionCase{1, 2, 5, 300, 64, true}, AttentionCase{2, 2, 40, 171, 20, true},
                    AttentionCase{1, 1, 100, 101, 24, true}, AttentionCase{1, 1, 13, 70, 8, false}),
    [](const auto& shape) {
      return "Q" + std::to_string(shape.param.queries) + "K" + std::to_string(shape.param.keys) +
             "D" + std::to_string(shape.param.head_dim) + (shape.param.causal ? "Causal" : "Full");
    });

TEST(AttentionTest, GradientEqualsFiniteDifferencesInDouble) {
  RandomTensors random(301);
  at::Tensor q = random.Normal({1, 2, 3, 4}, at::kDouble);
  at::Tensor k = random.Normal({1, 2, 5, 4}, at::kDouble);
  at::Tensor v = random.Normal({1, 2, 5, 4}, at::kDouble);
  const at::Tensor grad = random.Normal({1, 2, 3, 4}, at::kDouble);
  for (at::Tensor* input : {&q, &k, &v}) {
    input->requires_grad_();
    (Attend(q, k, v, /*causal=*/true) * grad).sum().backward();
    const at::Tensor analytic = input->grad().clone();
    input->requires_grad_(false);
    const at::Tensor flat = input->view({-1});
    for (int64_t i = 0; i < flat.numel(); ++i) {
      const double step = 1e-5, value = flat[i].item<double>();  // error of order step^2
      flat[i] = value + step;
      const double above = (Attend(q, k, v, true) * grad).sum().item<double>();
      flat[i] = value - step;
      const double below = (Attend(q, k, v, true) * grad).sum().item<double>();
      flat[i] = value;
      EXPECT_NEAR(analytic.reshape({-1})[i].item<double>(), (above - below) / (2 * step),
                  tests::Tolerance(1e-8));
    }
  }
}

TEST(AttentionTest, FutureKeysNeverChangeThePast) {
  RandomTensors random(301);
  const at::Tensor q = random.Normal({1, 1, 20, 16}), k = random.Normal({1, 1, 20, 16});
  at::Tensor changed = k.clone();
  changed.narrow(2, 12, 8).fill_(7.0);
  const at::Tensor before = Attend(q, k, k, /*causal=*/true);
  const at::Tensor after = Attend(q, changed, changed, /*causal=*/true);
  EXPECT_TRUE(at::equal(before.narrow(2, 0, 12), after.narrow(2, 0, 12)));
  EXPECT_FALSE(at::equal(before.narrow(2, 12, 8), after.narrow(2, 12, 8)));
}

TEST(AttentionTest, RefusesWhatDoesNotFit) {
  RandomTensors random(301);
  const at::Tensor x = random.Normal({1, 2, 4, 8}), longer = random.Normal({1, 2, 5, 8});
  EXPECT_THROW(Attend(x, x, longer, true), c10::ValueError);
  EXPECT_THROW(Attend(longer, x, x, true), c10::ValueError);
  EXPECT_THROW(Attend(random.Normal({2, 4, 8}), x, x, true), c10::ValueError);
  EXPECT_THROW(Attend(random.Normal({1, 3, 4, 8}), x, x, true), c10::ValueError);
  EXPECT_THROW(Attention(x, x, x, {}, SequenceLayout::Contiguous(5, 1), Ring()), c10::ValueError);
  EXPECT_THROW(Attention(x, x, x, {}, SequenceLayout::Contiguous(8, 2), Ring()), c10::ValueError);
}

}  // namespace
}  // namespace ring
