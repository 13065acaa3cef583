// Critic-regularized regression (arXiv 2006.15134), "crr": behavior cloning of what the critic
// finds better than the actor's own actions.
//
//   critic     as td3's
//   advantage  q(observation, action) - mean over the samples of q(observation, noisy action),
//              q = min(Q1, Q2), without gradients
//   actor      -mean over the batch of weight(advantage) * log N(action; mean, noise_std^2)
//
// Follows exorl, agent/crr.py, CRRAgent.
//
// Shapes: B batch, A action, N value samples.
#ifndef RL_AGENTS_CRR_AGENT_H_
#define RL_AGENTS_CRR_AGENT_H_

#include "rl/agents/actor_critic_agent.h"

#include <ATen/core/Tensor.h>

namespace rl {

at::Tensor WeightOfAdvantage(const at::Tensor& advantage_B, CrrWeight rule);

// Draws from N(0, 1).
struct CrrNoise {
  at::Tensor next_noise_BA;    // of the target's action
  at::Tensor value_noise_NBA;  // of the actions that the value is the mean over
};

class CrrAgent : public ActorCriticAgent {
 public:
  explicit CrrAgent(const BaselineSetup& setup)
      : ActorCriticAgent(setup), weight_(ParseCrrWeight(setup.options.crr.weight)) {}

  // One update with given noise.
  Metrics UpdateWith(const TransitionBatch& batch, const CrrNoise& noise, double learning_rate);

 protected:
  Metrics UpdateOn(const TransitionBatch& batch, at::Generator& generator,
                   double learning_rate) override;

 private:
  at::Tensor Advantage(const TransitionBatch& batch, const at::Tensor& value_noise_NBA) const;

  CrrWeight weight_;
};

}  // namespace rl

#endif  // RL_AGENTS_CRR_AGENT_H_
