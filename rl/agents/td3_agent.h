// TD3 as ExoRL runs it on a fixed dataset, "td3", and with behavior cloning, "td3_bc".
//
//   critic   the TD loss (actor_critic_agent.h) at a = actor's noisy next action
//   actor    td3      -mean q                          q = min(Q1, Q2)(observation, noisy action)
//            td3_bc   -alpha / mean|q| * mean q  +  mean (actor's mean - action)^2
//
// The critic moves in every update, the actor in every baseline.policy_delay-th. Follows exorl,
// agent/td3.py, TD3Agent, and agent/td3_bc.py, TD3BCAgent. The paper of TD3+BC (arXiv 2106.06860)
// delays the actor, gives it a slow copy and normalizes observations (baseline.normalize); ExoRL
// does none of it.
#ifndef RL_AGENTS_TD3_AGENT_H_
#define RL_AGENTS_TD3_AGENT_H_

#include "rl/agents/actor_critic_agent.h"

namespace rl {

// Draws from N(0, 1).
struct Td3Noise {
  at::Tensor next_noise_BA;  // of the target's action
  at::Tensor noise_BA;       // of the action that the actor is judged by
};

class Td3Agent : public ActorCriticAgent {
 public:
  // `clones`: td3_bc.
  Td3Agent(const BaselineSetup& setup, bool clones) : ActorCriticAgent(setup), clones_(clones) {}

  // One update with given noise. Updates that leave the actor alone have no metrics of it.
  Metrics UpdateWith(const TransitionBatch& batch, const Td3Noise& noise, double learning_rate);

 protected:
  Metrics UpdateOn(const TransitionBatch& batch, at::Generator& generator,
                   double learning_rate) override;

 private:
  void MoveActor(const TransitionBatch& batch, const at::Tensor& noise_BA, double learning_rate,
                 Metrics& metrics);

  bool clones_;
};

}  // namespace rl

#endif  // RL_AGENTS_TD3_AGENT_H_
