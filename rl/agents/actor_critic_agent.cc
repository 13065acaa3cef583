#include "rl/agents/actor_critic_agent.h"

#include "rl/agents/parameter_pass.h"
#include "rl/agents/truncated_normal.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mse_loss.h>

#include <stdexcept>
#include <string>

namespace rl {
namespace {

models::TwinCriticOptions CriticShape(const BaselineSetup& setup) {
  return {.observation_dim = setup.episodes.observation_NO.size(1),
          .action_dim = setup.episodes.action_NA.size(1),
          .hidden_dim = setup.options.baseline.hidden_dim};
}

// The actor learns from the critic that the same batch has just moved, and some losses are no means
// over transitions: there is no adding up of gradients batch by batch.
const BaselineSetup& Checked(const BaselineSetup& setup) {
  if (setup.options.accumulate != 1) {
    throw std::invalid_argument("train.accumulate is " + std::to_string(setup.options.accumulate) +
                                ", but an algorithm with a critic updates on one batch at a time; "
                                "use 1, and a larger baseline.batch");
  }
  return setup;
}

}  // namespace

ActorCriticAgent::ActorCriticAgent(const BaselineSetup& setup)
    : BaselineAgent(Checked(setup)),
      critic_(std::make_shared<models::TwinCritic>(CriticShape(setup), weight_generator())),
      target_critic_(std::make_shared<models::TwinCritic>(CriticShape(setup))) {
  const NamedTensors online = Parameters(*critic_, "critic");
  const NamedTensors target = Parameters(*target_critic_, "target_critic");
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : target) {
    tensor.copy_(online.at(name.substr(std::string("target_").size())));
    tensor.requires_grad_(false);
  }
  Keep(online);
  Keep(target);
  critic_optimizer_ = &Train(online);
}

at::Tensor ActorCriticAgent::NoisyAction(const at::Tensor& observation,
                                         const at::Tensor& noise) const {
  const BaselineOptions& baseline = options().baseline;
  return rl::NoisyAction(actor().MeanAction(observation), noise,
                         {.std = baseline.noise_std, .clip = baseline.noise_clip});
}

at::Tensor ActorCriticAgent::TdLoss(const models::QValues& q, const TransitionBatch& batch,
                                    const at::Tensor& next_action_BA) const {
  at::Tensor target_B;
  {
    const at::NoGradGuard no_grad;
    target_B =
        batch.reward_B +
        batch.discount_B * target_critic_->Forward(batch.next_observation_BO, next_action_BA).Min();
  }
  return at::mse_loss(q.first, target_B) + at::mse_loss(q.second, target_B);
}

at::Tensor ActorCriticAgent::NoisyTdLoss(const TransitionBatch& batch,
                                         const at::Tensor& next_noise_BA) const {
  at::Tensor next_action_BA;
  {
    const at::NoGradGuard no_grad;
    next_action_BA = NoisyAction(batch.next_observation_BO, next_noise_BA);
  }
  return TdLoss(critic_->Forward(batch.observation_BO, batch.action_BA), batch, next_action_BA);
}

void ActorCriticAgent::StepCritic(const at::Tensor& loss, double learning_rate, Metrics& metrics) {
  critic_optimizer_->ZeroGradients();
  loss.backward();
  const double gradient_norm = critic_optimizer_->Step(learning_rate);
  metrics.emplace_back("loss", loss.item<double>());
  metrics.emplace_back("gradient_norm", gradient_norm);
}

void ActorCriticAgent::StepActor(const at::Tensor& loss, double learning_rate, Metrics& metrics) {
  actor_optimizer().ZeroGradients();
  loss.backward(/*gradient=*/{}, /*retain_graph=*/false, /*create_graph=*/false,
                /*inputs=*/actor().parameters());
  const double gradient_norm = actor_optimizer().Step(learning_rate);
  metrics.emplace_back("actor_loss", loss.item<double>());
  metrics.emplace_back("actor_gradient_norm", gradient_norm);
}

void ActorCriticAgent::FollowCritic() {
  MoveTowards(target_critic_->parameters(), critic_->parameters(), options().baseline.target_rate);
}

at::Tensor ActorCriticAgent::DrawNoise(at::IntArrayRef shape, at::Generator& generator) {
  return at::empty(shape, at::kFloat).normal_(0, 1, generator);
}

double ActorCriticAgent::ValidationLoss(const TransitionBatch& batch,
                                        at::Generator& generator) const {
  return NoisyTdLoss(batch, DrawNoise(batch.action_BA.sizes(), generator)).item<double>();
}

}  // namespace rl
