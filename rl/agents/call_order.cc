#include "rl/agents/call_order.h"

#include <c10/util/Exception.h>

namespace rl {

void CallOrder::StartChains(int64_t num_chains) {
  TORCH_CHECK_VALUE(num_chains >= 1, "cannot act in ", num_chains, " chains; use 1 or more");
  num_chains_ = num_chains;
  phase_ = Phase::kBetweenRollouts;
}

void CallOrder::StartRollout() {
  Advance(Phase::kBetweenRollouts, Phase::kBeforeAct, "StartRollout");
}

void CallOrder::Act(const at::Tensor& observation_NO) {
  TORCH_CHECK_VALUE(phase_ != Phase::kBeforeAct ||
                        (observation_NO.dim() == 2 && observation_NO.size(0) == num_chains_ &&
                         observation_NO.size(1) == observation_dim_),
                    "observations are ", observation_NO.sizes(), " where the policy expects [",
                    num_chains_, ", ", observation_dim_,
                    "]; evaluate it on the domain it was trained on");
  Advance(Phase::kBeforeAct, Phase::kBeforeObserve, "Act");
}

void CallOrder::Observe(const at::Tensor& reward_N) {
  TORCH_CHECK_VALUE(
      phase_ != Phase::kBeforeObserve || (reward_N.dim() == 1 && reward_N.size(0) == num_chains_),
      "rewards are ", reward_N.sizes(), " where the policy acts in ", num_chains_, " chains");
  Advance(Phase::kBeforeObserve, Phase::kBeforeAct, "Observe");
}

void CallOrder::FinishRollout() {
  Advance(Phase::kBeforeAct, Phase::kBetweenRollouts, "FinishRollout");
}

void CallOrder::Advance(Phase from, Phase to, const char* call) {
  TORCH_CHECK(phase_ == from, call,
              "() out of turn: a policy expects StartChains, then for each rollout StartRollout, "
              "Act and Observe in turn, FinishRollout");
  phase_ = to;
}

}  // namespace rl
