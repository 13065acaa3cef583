// A policy that plays many chains at once.
//
// A chain is a sequence of rollouts by one policy that may remember the earlier ones: the second
// rollout of an in-context learner is conditioned on the first. Independent chains advance in
// lockstep, so that one forward pass serves them all:
//
//   policy.StartChains(N, seed);
//   for each rollout:  policy.StartRollout();
//                      for each step:  action_NA = policy.Act(observation_NO);  ...step...
//                                      policy.Observe(reward_N);
//                      policy.FinishRollout();
//
// Shapes: N chains, O observation, A action.
#ifndef RL_AGENTS_POLICY_H_
#define RL_AGENTS_POLICY_H_

#include "ring/runtime/ring.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace rl {

struct PolicyOptions {
  // Return a conditioned policy is asked for, in the task's own unit (0 .. 1000 in the DeepMind
  // Control Suite); absent means the best return in the data it was trained on. Policies that take
  // no target ignore it.
  std::optional<double> target_return;

  // Most environment steps in the context, past and current rollouts together; 0 means no limit.
  // When a step does not fit, the oldest whole rollout is forgotten.
  int64_t max_context_steps = 0;

  // The ranks that hold the context together. Each has a policy and makes the same calls with equal
  // arguments; all get the same actions. Policies without memory ignore it.
  ring::Ring ring = {};
};

// Not thread-safe. Calls in another order are refused (TORCH_CHECK). Two policies of equal weights,
// seed and inputs give equal actions.
class BatchPolicy {
 public:
  virtual ~BatchPolicy() = default;

  // Forgets everything and prepares for `num_chains` new chains. `seed` decides whatever the
  // policy draws while acting.
  virtual void StartChains(int64_t num_chains, uint64_t seed) = 0;

  // The next rollout of every chain begins.
  virtual void StartRollout() = 0;

  // Raw float32 observations as the environment returns them -> float32 actions in [-1, 1].
  virtual at::Tensor Act(const at::Tensor& observation_NO) = 0;

  // The float32 rewards that followed the actions just returned.
  virtual void Observe(const at::Tensor& reward_N) = 0;

  // Every chain's current rollout has ended; its last Observe() has been made.
  virtual void FinishRollout() = 0;
};

}  // namespace rl

#endif  // RL_AGENTS_POLICY_H_
