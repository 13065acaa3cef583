#include "rl/agents/squashed_normal.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace rl {
namespace {

models::Gaussian Normal(double mean, double std) {
  return {.mean_BA = at::full({1, 1}, mean), .log_std_BA = at::full({1, 1}, std::log(std))};
}

TEST(SquashedNormalTest, ActionAndDensityFollowTheFormula) {
  const double mean = 0.3, std = 0.5, noise = -1.2, x = mean + std * noise;
  const SquashedSample sample = SampleSquashed(Normal(mean, std), at::full({1, 1}, noise));
  const double normal = -0.5 * noise * noise - std::log(std) - 0.5 * std::log(2 * std::numbers::pi);
  EXPECT_NEAR(sample.action.item<double>(), std::tanh(x), 1e-6);
  EXPECT_NEAR(sample.log_density.item<double>(), normal - std::log(1 - std::tanh(x) * std::tanh(x)),
              1e-5);
}

TEST(SquashedNormalTest, DensitiesStayFiniteWhereTheTanhSaturates) {
  for (const double mean : {-50.0, 50.0}) {
    const SquashedSample sample = SampleSquashed(Normal(mean, 1), at::full({1, 1}, 0.5));
    EXPECT_TRUE(std::isfinite(sample.log_density.item<double>()));
    EXPECT_LE(std::abs(sample.action.item<double>()), 1);
  }
}

// Shifting the mean and the noise so that x stays leaves the density of the action by the change of
// log N alone: the gradient with respect to the mean at fixed noise is that of the slope, 2
// tanh(x).
TEST(SquashedNormalTest, TheGradientOfTheDensityAtFixedNoiseIsTwiceTheAction) {
  const models::Gaussian gaussian{.mean_BA = at::full({1, 1}, 0.4).requires_grad_(),
                                  .log_std_BA = at::full({1, 1}, -1.0)};
  const SquashedSample sample = SampleSquashed(gaussian, at::full({1, 1}, 0.7));
  sample.log_density.sum().backward();
  EXPECT_NEAR(gaussian.mean_BA.grad().item<double>(), 2 * sample.action.item<double>(), 1e-5);
}

}  // namespace
}  // namespace rl
