// Acts on the last K steps of the current rollout, as a Decision Transformer does.
//
// The steps lie in a buffer of 2 K columns, each new one right of the last, so that the newest K
// are side by side always; when the buffer is full, they move back to its left end:
//
//   [ .  .  .  s3 s4 s5 s6 s7 ]        K = 4: step 7 is acted on in the context s4 .. s7,
//   [ s5 s6 s7 s8 .  .  .  .  ]        step 8 in s5 .. s8
//
// All of the context is computed anew at every step: keys and values deep in the network have seen
// the step that has left it. Earlier rollouts of a chain are forgotten, so a chain of n rollouts is
// n independent ones. Every rollout starts from the full target return, which observed rewards
// lower.
//
// Shapes: N chains, O observation, A action.
#ifndef RL_AGENTS_WINDOW_POLICY_H_
#define RL_AGENTS_WINDOW_POLICY_H_

#include "models/context.h"
#include "rl/agents/call_order.h"
#include "rl/agents/context_builder.h"
#include "rl/agents/policy.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

namespace models {
class AgenticTransformer;
}  // namespace models

namespace rl {

struct WindowOptions {
  double target_return = 0;    // in the task's unit
  int64_t context_steps = 20;  // K, the step to act on included
};

class WindowPolicy : public BatchPolicy {
 public:
  WindowPolicy(std::shared_ptr<const models::AgenticTransformer> network, ContextBuilder builder,
               const WindowOptions& options);

  void StartChains(int64_t num_chains, uint64_t seed) override;
  void StartRollout() override;
  at::Tensor Act(const at::Tensor& observation_NO) override;
  void Observe(const at::Tensor& reward_N) override;
  void FinishRollout() override;

 private:
  void MoveNewestToTheLeft();
  void AddStep(const at::Tensor& observation_NO);
  models::Context Newest() const;

  std::shared_ptr<const models::AgenticTransformer> network_;
  ContextBuilder builder_;
  WindowOptions options_;
  CallOrder order_;

  models::Context steps_;   // [N, 2 K, ...]; what is unknown of the last step is 0
  int64_t end_ = 0;         // columns of steps_ that hold steps of this rollout
  int64_t num_steps_ = 0;   // of this rollout, the one acted on included
  at::Tensor collected_N_;  // float64
};

}  // namespace rl

#endif  // RL_AGENTS_WINDOW_POLICY_H_
