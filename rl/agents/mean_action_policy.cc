#include "rl/agents/mean_action_policy.h"

#include "models/mlp_actor.h"

#include <c10/core/InferenceMode.h>

#include <utility>

namespace rl {

MeanActionPolicy::MeanActionPolicy(std::shared_ptr<const models::MlpActor> actor,
                                   datasets::Normalizer normalizer)
    : actor_(std::move(actor)),
      normalizer_(std::move(normalizer)),
      order_(actor_->options().observation_dim) {}

void MeanActionPolicy::StartChains(int64_t num_chains, uint64_t /*seed*/) {
  order_.StartChains(num_chains);
}

void MeanActionPolicy::StartRollout() { order_.StartRollout(); }

at::Tensor MeanActionPolicy::Act(const at::Tensor& observation_NO) {
  order_.Act(observation_NO);
  const c10::InferenceMode no_gradients;
  return actor_->MeanAction(normalizer_.Apply(observation_NO));
}

void MeanActionPolicy::Observe(const at::Tensor& reward_N) { order_.Observe(reward_N); }

void MeanActionPolicy::FinishRollout() { order_.FinishRollout(); }

}  // namespace rl
