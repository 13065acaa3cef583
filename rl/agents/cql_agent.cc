#include "rl/agents/cql_agent.h"

#include "rl/agents/squashed_normal.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/zeros.h>

#include <vector>

namespace rl {
namespace {

constexpr double kLargestPenaltyWeight = 1e6;

// A trained scalar, its logarithm from 0.
at::Tensor LogOfOne() { return at::zeros({1}).requires_grad_(); }

}  // namespace

CqlAgent::CqlAgent(const BaselineSetup& setup)
    : ActorCriticAgent(setup), log_temperature_(LogOfOne()) {
  Keep({{"log_temperature", log_temperature_}});
  temperature_optimizer_ = &Train({{"log_temperature", log_temperature_}});
  if (!options().cql.lagrange) return;
  log_penalty_weight_ = LogOfOne();
  Keep({{"log_penalty_weight", log_penalty_weight_}});
  penalty_weight_optimizer_ = &Train({{"log_penalty_weight", log_penalty_weight_}});
}

// [3 N, B, A]: uniform, at the observation, at the next one.
at::Tensor CqlAgent::SampledActions(const TransitionBatch& batch, const CqlNoise& noise) const {
  const at::NoGradGuard no_grad;
  const auto at_observation =
      SampleSquashed(actor().Distribution(batch.observation_BO), noise.penalty_noise_NBA);
  const auto at_next =
      SampleSquashed(actor().Distribution(batch.next_observation_BO), noise.next_penalty_noise_NBA);
  return at::cat({noise.uniform_action_NBA, at_observation.action, at_next.action});
}

CqlAgent::CriticLosses CqlAgent::Losses(const TransitionBatch& batch, const CqlNoise& noise) const {
  at::Tensor next_action_BA;
  {
    const at::NoGradGuard no_grad;
    next_action_BA =
        SampleSquashed(actor().Distribution(batch.next_observation_BO), noise.next_noise_BA).action;
  }
  const models::QValues q = critic().Forward(batch.observation_BO, batch.action_BA);
  const at::Tensor sampled = SampledActions(batch, noise);
  const models::QValues others =
      critic().Forward(batch.observation_BO.expand({sampled.size(0), -1, -1}), sampled);
  const auto penalty = [](const at::Tensor& other, const at::Tensor& of_data) {
    const at::Tensor all = at::cat({other, of_data.unsqueeze(0)});
    return at::logsumexp(all, /*dim=*/0).mean() - of_data.mean();
  };
  return {.td = TdLoss(q, batch, next_action_BA),
          .penalty = penalty(others.first, q.first) + penalty(others.second, q.second)};
}

at::Tensor CqlAgent::PenaltyWeight() const {
  if (penalty_weight_optimizer_ == nullptr) return at::full({}, options().cql.alpha);
  return log_penalty_weight_.exp().clamp_max(kLargestPenaltyWeight).squeeze();
}

void CqlAgent::StepPenaltyWeight(const at::Tensor& penalty, double learning_rate) {
  if (penalty_weight_optimizer_ == nullptr) return;
  penalty_weight_optimizer_->ZeroGradients();
  const at::Tensor excess = penalty.detach() - options().cql.target_penalty;
  (PenaltyWeight() * excess * -0.5).backward();
  penalty_weight_optimizer_->Step(learning_rate);
}

void CqlAgent::StepTemperature(const at::Tensor& log_density, double learning_rate) {
  temperature_optimizer_->ZeroGradients();
  const auto target_entropy = -static_cast<double>(actor().options().action_dim);
  (-(log_temperature_ * (log_density.detach() + target_entropy)).mean()).backward();
  temperature_optimizer_->Step(learning_rate);
}

Metrics CqlAgent::UpdateWith(const TransitionBatch& batch, const CqlNoise& noise,
                             double learning_rate) {
  Metrics metrics;
  const CriticLosses losses = Losses(batch, noise);
  StepPenaltyWeight(losses.penalty, learning_rate);
  StepCritic(losses.td + PenaltyWeight().detach() * losses.penalty, learning_rate, metrics);

  SquashedSample sample =
      SampleSquashed(actor().Distribution(batch.observation_BO), noise.noise_BA);
  if (ParseCqlLogDensity(options().cql.log_density) == CqlLogDensity::kSum) {
    sample.log_density = sample.log_density.sum(-1, /*keepdim=*/true);
  }
  StepTemperature(sample.log_density, learning_rate);
  const at::Tensor temperature = log_temperature_.detach().exp();
  const at::Tensor q_B = critic().Forward(batch.observation_BO, sample.action).Min();
  StepActor((temperature * sample.log_density - q_B.unsqueeze(-1)).mean(), learning_rate, metrics);
  FollowCritic();
  metrics.emplace_back("penalty", losses.penalty.item<double>());
  metrics.emplace_back("penalty_weight", PenaltyWeight().item<double>());
  metrics.emplace_back("temperature", temperature.item<double>());
  metrics.emplace_back("q", q_B.mean().item<double>());
  return metrics;
}

CqlNoise CqlAgent::DrawAll(const TransitionBatch& batch, at::Generator& generator) const {
  const int64_t batch_size = batch.action_BA.size(0), action_dim = batch.action_BA.size(1);
  const std::vector<int64_t> one{batch_size, action_dim};
  const std::vector<int64_t> many{options().cql.samples, batch_size, action_dim};
  return {.uniform_action_NBA = at::empty(many, at::kFloat).uniform_(-1, 1, generator),
          .penalty_noise_NBA = DrawNoise(many, generator),
          .next_penalty_noise_NBA = DrawNoise(many, generator),
          .next_noise_BA = DrawNoise(one, generator),
          .noise_BA = DrawNoise(one, generator)};
}

Metrics CqlAgent::UpdateOn(const TransitionBatch& batch, at::Generator& generator,
                           double learning_rate) {
  return UpdateWith(batch, DrawAll(batch, generator), learning_rate);
}

double CqlAgent::ValidationLoss(const TransitionBatch& batch, at::Generator& generator) const {
  const CriticLosses losses = Losses(batch, DrawAll(batch, generator));
  return (losses.td + PenaltyWeight() * losses.penalty).item<double>();
}

}  // namespace rl
