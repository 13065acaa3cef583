#include "rl/agents/td3_agent.h"

#include "rl/agents/truncated_normal.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mse_loss.h>

namespace rl {

Metrics Td3Agent::UpdateWith(const TransitionBatch& batch, const Td3Noise& noise,
                             double learning_rate) {
  Metrics metrics;
  StepCritic(NoisyTdLoss(batch, noise.next_noise_BA), learning_rate, metrics);
  if (num_critic_updates() % options().baseline.policy_delay == 0) {
    MoveActor(batch, noise.noise_BA, learning_rate, metrics);
  }
  FollowCritic();
  return metrics;
}

void Td3Agent::MoveActor(const TransitionBatch& batch, const at::Tensor& noise_BA,
                         double learning_rate, Metrics& metrics) {
  const BaselineOptions& baseline = options().baseline;
  const at::Tensor mean_BA = actor().MeanAction(batch.observation_BO);
  const at::Tensor action_BA =
      rl::NoisyAction(mean_BA, noise_BA, {.std = baseline.noise_std, .clip = baseline.noise_clip});
  const at::Tensor q_B = critic().Forward(batch.observation_BO, action_BA).Min();
  at::Tensor loss = -q_B.mean();
  if (clones_) {
    const at::Tensor scale = q_B.detach().abs().mean();
    loss = loss * (options().td3_bc.alpha / scale) + at::mse_loss(mean_BA, batch.action_BA);
  }
  StepActor(loss, learning_rate, metrics);
  metrics.emplace_back("q", q_B.mean().item<double>());
}

Metrics Td3Agent::UpdateOn(const TransitionBatch& batch, at::Generator& generator,
                           double learning_rate) {
  const Td3Noise noise{.next_noise_BA = DrawNoise(batch.action_BA.sizes(), generator),
                       .noise_BA = DrawNoise(batch.action_BA.sizes(), generator)};
  return UpdateWith(batch, noise, learning_rate);
}

}  // namespace rl
