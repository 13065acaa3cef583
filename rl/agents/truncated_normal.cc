#include "rl/agents/truncated_normal.h"

#include <ATen/TensorOperators.h>

#include <cmath>
#include <numbers>

namespace rl {
namespace {

constexpr double kLargestAction = 1 - 1e-6;

}  // namespace

at::Tensor NoisyAction(const at::Tensor& mean_BA, const at::Tensor& noise_BA,
                       const ActionNoise& options) {
  at::Tensor deviation_BA = noise_BA * options.std;
  if (options.clip > 0) deviation_BA = deviation_BA.clamp(-options.clip, options.clip);
  const at::Tensor action_BA = mean_BA + deviation_BA;
  const at::Tensor inside_BA = action_BA.detach().clamp(-kLargestAction, kLargestAction);
  // The difference is exactly 0; its gradient is the action's.
  return inside_BA + (action_BA - action_BA.detach());
}

at::Tensor LogDensity(const at::Tensor& action_BA, const at::Tensor& mean_BA, double std) {
  const double log_normalizer = std::log(std) + 0.5 * std::log(2 * std::numbers::pi);
  return (((action_BA - mean_BA) / std).square() * -0.5 - log_normalizer).sum(-1);
}

}  // namespace rl
