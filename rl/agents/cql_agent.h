// Conservative Q-learning (arXiv 2006.04779), "cql": a critic that underrates what the data does
// not show, and a policy with learned noise.
//
//   critic       TD loss + weight * penalty
//   penalty      sum over Q1, Q2 of  mean logsumexp(Q at: uniform actions, actions of the policy at
//                the observation and at the next one, the data's action) - mean Q(data's action);
//                all Q at the observation
//   weight       cql.alpha, or learned: a Lagrange multiplier for penalty = cql.target_penalty
//   temperature  learned, so that the mean log-density becomes the number of action dimensions
//   actor        mean (temperature * log-density - min(Q1, Q2)(observation, action))
//
// In this order: target and penalty from the old actor, then multiplier, critic, temperature,
// actor, target critic. The target has no entropy term. Follows exorl, agent/cql.py, CQLAgent,
// whose two habits are options: log-densities per dimension (cql.log_density) and a mean that
// passes two tanh (cql.bound_mean).
//
// Shapes: B batch, O observation, A action, N samples of a kind.
#ifndef RL_AGENTS_CQL_AGENT_H_
#define RL_AGENTS_CQL_AGENT_H_

#include "rl/agents/actor_critic_agent.h"

#include <ATen/core/Tensor.h>

namespace rl {

// Draws from N(0, 1) but for the first.
struct CqlNoise {
  at::Tensor uniform_action_NBA;      // uniform in [-1, 1]
  at::Tensor penalty_noise_NBA;       // of the policy's actions at the observation
  at::Tensor next_penalty_noise_NBA;  // ... and at the next one
  at::Tensor next_noise_BA;           // of the target's action
  at::Tensor noise_BA;                // of the action that the actor is judged by
};

class CqlAgent : public ActorCriticAgent {
 public:
  // REQUIRES: setup.head is a Gaussian.
  explicit CqlAgent(const BaselineSetup& setup);

  // One update with given noise.
  Metrics UpdateWith(const TransitionBatch& batch, const CqlNoise& noise, double learning_rate);

 protected:
  Metrics UpdateOn(const TransitionBatch& batch, at::Generator& generator,
                   double learning_rate) override;

  // The critic's TD loss and penalty.
  double ValidationLoss(const TransitionBatch& batch, at::Generator& generator) const override;

 private:
  struct CriticLosses {
    at::Tensor td, penalty;
  };

  CqlNoise DrawAll(const TransitionBatch& batch, at::Generator& generator) const;
  CriticLosses Losses(const TransitionBatch& batch, const CqlNoise& noise) const;
  at::Tensor SampledActions(const TransitionBatch& batch, const CqlNoise& noise) const;
  at::Tensor PenaltyWeight() const;
  void StepPenaltyWeight(const at::Tensor& penalty, double learning_rate);
  void StepTemperature(const at::Tensor& log_density, double learning_rate);

  at::Tensor log_temperature_, log_penalty_weight_;  // [1]; the second undefined unless learned
  AdamW* temperature_optimizer_ = nullptr;           // of the base's
  AdamW* penalty_weight_optimizer_ = nullptr;        // null unless learned
};

}  // namespace rl

#endif  // RL_AGENTS_CQL_AGENT_H_
