#include "rl/agents/truncated_normal.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace rl {
namespace {

TEST(TruncatedNormalTest, NoiseIsScaledAndThenClipped) {
  const at::Tensor mean = at::tensor({0.1F, 0.1F, -0.5F, 0.0F}).view({2, 2});
  const at::Tensor noise = at::tensor({1.0F, 4.0F, -4.0F, 0.0F}).view({2, 2});
  const at::Tensor expected = at::tensor({0.3F, 0.4F, -0.8F, 0.0F}).view({2, 2});
  const at::Tensor action = NoisyAction(mean, noise, {.std = 0.2, .clip = 0.3});
  EXPECT_LT((action - expected).abs().max().item<double>(), 1e-7);
  const at::Tensor unclipped = NoisyAction(mean, noise, {.std = 0.2, .clip = 0});
  EXPECT_NEAR(unclipped[0][1].item<double>(), 0.9, 1e-6);
}

TEST(TruncatedNormalTest, ActionsStayInsideTheUnitInterval) {
  const at::Tensor noise = at::randn({1000, 2}, at::make_generator<at::CPUGeneratorImpl>(301));
  for (const double mean : {-1.0, 0.0, 1.0}) {
    const at::Tensor action = NoisyAction(at::full({1000, 2}, mean), noise, {.std = 2, .clip = 0});
    EXPECT_LT(action.abs().max().item<double>(), 1);
  }
}

TEST(TruncatedNormalTest, AClampedActionStillPassesItsGradientOn) {
  const at::Tensor mean = at::tensor({0.95F, 0.0F}).view({1, 2}).requires_grad_();
  const at::Tensor noise = at::tensor({3.0F, 0.5F}).view({1, 2});
  const at::Tensor action = NoisyAction(mean, noise, {});
  EXPECT_FLOAT_EQ(action[0][0].item<float>(), 1 - 1e-6F);
  (action * at::tensor({2.0F, 3.0F})).sum().backward();
  EXPECT_EQ(mean.grad()[0][0].item<double>(), 2);
  EXPECT_EQ(mean.grad()[0][1].item<double>(), 3);
}

// log N(x; m, s^2) = -(x - m)^2 / (2 s^2) - log s - log(2 pi) / 2; for s = 0.2 the last two are
// 1.6094379 - 0.9189385 = 0.6904994.
TEST(TruncatedNormalTest, TheDensityIsTheNormalDistributions) {
  const at::Tensor mean = at::tensor({0.1F, -0.2F}).view({1, 2});
  const at::Tensor action = at::tensor({0.3F, -0.2F}).view({1, 2});
  EXPECT_NEAR(LogDensity(action, mean, 0.2).item<double>(), -0.5 + 2 * 0.6904994, 1e-5);
}

}  // namespace
}  // namespace rl
