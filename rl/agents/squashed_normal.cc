#include "rl/agents/squashed_normal.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/softplus.h>

#include <cmath>
#include <numbers>

namespace rl {

SquashedSample SampleSquashed(const models::Gaussian& gaussian, const at::Tensor& noise) {
  static const double kHalfLogTwoPi = 0.5 * std::log(2 * std::numbers::pi);
  const at::Tensor x = gaussian.mean_BA + gaussian.log_std_BA.exp() * noise;
  // (x - mean) / std is the noise, whatever the mean.
  const at::Tensor normal = noise.square() * -0.5 - gaussian.log_std_BA - kHalfLogTwoPi;
  const at::Tensor log_slope = (std::numbers::ln2 - x - at::softplus(x * -2)) * 2;
  return {.action = x.tanh(), .log_density = normal - log_slope};
}

}  // namespace rl
