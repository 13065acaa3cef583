// What td3, td3_bc, crr and cql share: a twin critic, and the copy of it that gives its targets.
//
//   target  = reward + discount * min(Q1', Q2')(next observation, next action)
//   TD loss = mean (Q1 - target)^2 + mean (Q2 - target)^2
//   Q'     <- Q' + target_rate * (Q - Q')             after every update
//
// The next action comes from the actor itself: there is no slow copy of it. Follows exorl,
// agent/td3.py, TD3Agent.
//
// Shapes: B batch, O observation, A action.
#ifndef RL_AGENTS_ACTOR_CRITIC_AGENT_H_
#define RL_AGENTS_ACTOR_CRITIC_AGENT_H_

#include "models/twin_critic.h"
#include "rl/agents/baseline_agent.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

namespace rl {

class ActorCriticAgent : public BaselineAgent {
 protected:
  explicit ActorCriticAgent(const BaselineSetup& setup);

  const models::TwinCritic& critic() const { return *critic_; }

  // The actor's action with the noise of the options: `noise_BA` are draws from N(0, 1).
  at::Tensor NoisyAction(const at::Tensor& observation, const at::Tensor& noise) const;

  // The TD loss of `q`, the online critic's values of the batch.
  at::Tensor TdLoss(const models::QValues& q, const TransitionBatch& batch,
                    const at::Tensor& next_action_BA) const;

  // The whole loss of the critics of td3, td3_bc and crr.
  at::Tensor NoisyTdLoss(const TransitionBatch& batch, const at::Tensor& next_noise_BA) const;

  // One step of the optimizer each. The critic's appends "loss" and "gradient_norm", the actor's
  // "actor_loss" and "actor_gradient_norm". The gradient of the actor's loss stops at the critic's
  // parameters: they keep those of their own loss.
  void StepCritic(const at::Tensor& loss, double learning_rate, Metrics& metrics);
  void StepActor(const at::Tensor& loss, double learning_rate, Metrics& metrics);

  // Updates that the critic has had.
  int64_t num_critic_updates() const { return critic_optimizer_->num_updates(); }

  // The targets' critic follows. The last thing in an update.
  void FollowCritic();

  // N(0, 1), of the shape given.
  static at::Tensor DrawNoise(at::IntArrayRef shape, at::Generator& generator);

  double ValidationLoss(const TransitionBatch& batch, at::Generator& generator) const override;

 private:
  std::shared_ptr<models::TwinCritic> critic_, target_critic_;
  AdamW* critic_optimizer_ = nullptr;  // of the base's
};

}  // namespace rl

#endif  // RL_AGENTS_ACTOR_CRITIC_AGENT_H_
