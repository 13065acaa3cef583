#include "rl/agents/crr_agent.h"

#include "rl/agents/truncated_normal.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

namespace rl {
namespace {

constexpr double kLargestWeight = 20;

}  // namespace

at::Tensor WeightOfAdvantage(const at::Tensor& advantage_B, CrrWeight rule) {
  if (rule == CrrWeight::kIndicator) return (advantage_B > 0).to(at::kFloat);
  if (rule == CrrWeight::kExp) return advantage_B.exp().clamp_max(kLargestWeight);
  return advantage_B;
}

at::Tensor CrrAgent::Advantage(const TransitionBatch& batch,
                               const at::Tensor& value_noise_NBA) const {
  const at::NoGradGuard no_grad;
  const BaselineOptions& baseline = options().baseline;
  const at::Tensor mean_BA = actor().MeanAction(batch.observation_BO);
  const at::Tensor action_NBA = rl::NoisyAction(
      mean_BA, value_noise_NBA, {.std = baseline.noise_std, .clip = baseline.noise_clip});
  const at::Tensor observation_NBO = batch.observation_BO.expand({action_NBA.size(0), -1, -1});
  const at::Tensor value_B = critic().Forward(observation_NBO, action_NBA).Min().mean(0);
  return critic().Forward(batch.observation_BO, batch.action_BA).Min() - value_B;
}

Metrics CrrAgent::UpdateWith(const TransitionBatch& batch, const CrrNoise& noise,
                             double learning_rate) {
  Metrics metrics;
  StepCritic(NoisyTdLoss(batch, noise.next_noise_BA), learning_rate, metrics);

  const at::Tensor advantage_B = Advantage(batch, noise.value_noise_NBA);
  const at::Tensor weight_B = WeightOfAdvantage(advantage_B, weight_);
  const at::Tensor mean_BA = actor().MeanAction(batch.observation_BO);
  const at::Tensor log_density_B =
      LogDensity(batch.action_BA, mean_BA, options().baseline.noise_std);
  StepActor(-(log_density_B * weight_B).mean(), learning_rate, metrics);
  FollowCritic();
  metrics.emplace_back("advantage", advantage_B.mean().item<double>());
  metrics.emplace_back("weight", weight_B.mean().item<double>());
  return metrics;
}

Metrics CrrAgent::UpdateOn(const TransitionBatch& batch, at::Generator& generator,
                           double learning_rate) {
  const int64_t batch_size = batch.action_BA.size(0), action_dim = batch.action_BA.size(1);
  const CrrNoise noise{.next_noise_BA = DrawNoise({batch_size, action_dim}, generator),
                       .value_noise_NBA = DrawNoise(
                           {options().crr.value_samples, batch_size, action_dim}, generator)};
  return UpdateWith(batch, noise, learning_rate);
}

}  // namespace rl
