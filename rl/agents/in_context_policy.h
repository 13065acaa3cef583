// Acts in many chains at once with a network that remembers the chain's earlier rollouts.
//
// The context grows in time order, one step per Act(), in a key-value cache:
//
//   whole trajectories (window 0)    [rollout 0][rollout 1] ... [steps of the current rollout]
//   windows of W steps               [W of rollout 0][W of rollout 1] ... [t - t % W .. t]
//
// With windows a finished rollout leaves one window, drawn by the rule that training draws by, and
// the current rollout shows its steps since the last multiple of W: whenever that is reached, the
// cache is cut back to the finished windows. Every rollout starts from the full target return;
// observed rewards lower it; the completion flag stands at the last step of a rollout that reached
// the target.
//
// Too long a context forgets its oldest whole rollout and is computed anew: keys and values deep in
// the network have seen the forgotten steps, so cutting them off the cache would not be the same.
//
// The network's weights are those of StartChains(), where they are laid out for acting. On a ring
// every rank has such a policy and makes the same calls: each remembers its share of the context,
// and all return the same actions.
//
// Shapes: N chains, O observation, A action.
#ifndef RL_AGENTS_IN_CONTEXT_POLICY_H_
#define RL_AGENTS_IN_CONTEXT_POLICY_H_

#include "models/context.h"
#include "models/step_runner.h"
#include "models/trunk.h"
#include "ring/runtime/ring.h"
#include "rl/agents/call_order.h"
#include "rl/agents/context_builder.h"
#include "rl/agents/hindsight.h"
#include "rl/agents/policy.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace models {
class AgenticTransformer;
}  // namespace models

namespace rl {

struct InContextOptions {
  double target_return = 0;       // in the task's unit
  int64_t window = 0;             // W in steps, 0 for whole trajectories; as in training
  int64_t max_context_steps = 0;  // 0 for no limit; else the longest rollout must fit
  ring::Ring ring = {};           // ranks that share the context, and act as one
};

class InContextPolicy : public BatchPolicy {
 public:
  InContextPolicy(std::shared_ptr<const models::AgenticTransformer> network, ContextBuilder builder,
                  const InContextOptions& options);

  void StartChains(int64_t num_chains, uint64_t seed) override;
  void StartRollout() override;
  at::Tensor Act(const at::Tensor& observation_NO) override;
  void Observe(const at::Tensor& reward_N) override;
  void FinishRollout() override;

 private:
  // A rollout that has ended: what happened, and what of it the context shows (a chain of one link
  // per chain of this policy).
  struct FinishedRollout {
    StepTable table;
    std::vector<HindsightChain> shown;
  };

  // What happened in the current rollout, one tensor per step.
  struct CurrentRollout {
    std::vector<at::Tensor> observations_NO, actions_NA, rewards_N;
    at::Tensor collected_N;  // float64
  };

  int64_t num_steps() const { return static_cast<int64_t>(current_.rewards_N.size()); }
  LiveStep StepToAct(const at::Tensor& observation_NO) const;
  StepTable CurrentTable() const;
  std::vector<HindsightChain> ShowFinished(const at::Tensor& completed_N);
  bool ContextIsFull() const;
  void CutToFinished();
  void ForgetOldest();
  void Append(const StepTable& table, const std::vector<HindsightChain>& shown, int64_t trajectory);

  std::shared_ptr<const models::AgenticTransformer> network_;
  ContextBuilder builder_;
  InContextOptions options_;

  CallOrder order_;
  std::mt19937_64 rng_;
  std::deque<FinishedRollout> finished_;
  CurrentRollout current_;
  int64_t shown_begin_ = 0;  // first step of the current rollout in the context

  std::unique_ptr<models::TrunkCache> cache_;
  std::optional<models::StepRunner> runner_;     // for networks that it serves
  std::optional<models::StepOutcome> previous_;  // of the last step in the context
  int64_t finished_tokens_ = 0;                  // length of the cache at which rollouts end
  std::optional<models::StepOutcome> finished_previous_;  // of the last step before that
};

}  // namespace rl

#endif  // RL_AGENTS_IN_CONTEXT_POLICY_H_
