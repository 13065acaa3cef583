#include "rl/agents/mean_action_policy.h"

#include "models/mlp_actor.h"

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <utility>

namespace rl {

MeanActionPolicy::MeanActionPolicy(std::shared_ptr<const models::MlpActor> actor,
                                   datasets::Normalizer normalizer)
    : actor_(std::move(actor)), normalizer_(std::move(normalizer)) {}

void MeanActionPolicy::StartChains(int64_t num_chains, uint64_t /*seed*/) {
  TORCH_CHECK_VALUE(num_chains >= 1, "cannot act in ", num_chains, " chains; use 1 or more");
  num_chains_ = num_chains;
  phase_ = Phase::kBetweenRollouts;
}

void MeanActionPolicy::StartRollout() {
  Expect(Phase::kBetweenRollouts, "StartRollout");
  phase_ = Phase::kBeforeAct;
}

at::Tensor MeanActionPolicy::Act(const at::Tensor& observation_NO) {
  Expect(Phase::kBeforeAct, "Act");
  const int64_t observation_dim = actor_->options().observation_dim;
  TORCH_CHECK_VALUE(observation_NO.dim() == 2 && observation_NO.size(0) == num_chains_ &&
                        observation_NO.size(1) == observation_dim,
                    "observations are ", observation_NO.sizes(), " where the policy expects [",
                    num_chains_, ", ", observation_dim,
                    "]; evaluate it on the domain it was trained on");
  const c10::InferenceMode no_gradients;
  phase_ = Phase::kBeforeObserve;
  return actor_->MeanAction(normalizer_.Apply(observation_NO));
}

void MeanActionPolicy::Observe(const at::Tensor& reward_N) {
  Expect(Phase::kBeforeObserve, "Observe");
  TORCH_CHECK_VALUE(reward_N.dim() == 1 && reward_N.size(0) == num_chains_, "rewards are ",
                    reward_N.sizes(), " where the policy acts in ", num_chains_, " chains");
  phase_ = Phase::kBeforeAct;
}

void MeanActionPolicy::FinishRollout() {
  Expect(Phase::kBeforeAct, "FinishRollout");
  phase_ = Phase::kBetweenRollouts;
}

void MeanActionPolicy::Expect(Phase phase, const char* call) const {
  TORCH_CHECK(phase_ == phase, call, "() out of turn; the order is StartChains, then per rollout ",
              "StartRollout, Act and Observe in turn, FinishRollout");
}

}  // namespace rl
