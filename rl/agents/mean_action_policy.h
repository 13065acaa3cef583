// Acts without memory: every observation's mean action, whatever came before.
//
// Chains and rollouts mean nothing to it; it plays a chain of n rollouts as n independent ones.
//
// Shapes: N chains, O observation, A action.
#ifndef RL_AGENTS_MEAN_ACTION_POLICY_H_
#define RL_AGENTS_MEAN_ACTION_POLICY_H_

#include "datasets/normalizer.h"
#include "rl/agents/call_order.h"
#include "rl/agents/policy.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

namespace models {
class MlpActor;
}  // namespace models

namespace rl {

class MeanActionPolicy : public BatchPolicy {
 public:
  // Shares the actor's weights and the normalizer's tensors.
  MeanActionPolicy(std::shared_ptr<const models::MlpActor> actor, datasets::Normalizer normalizer);

  void StartChains(int64_t num_chains, uint64_t seed) override;
  void StartRollout() override;
  at::Tensor Act(const at::Tensor& observation_NO) override;
  void Observe(const at::Tensor& reward_N) override;
  void FinishRollout() override;

 private:
  std::shared_ptr<const models::MlpActor> actor_;
  datasets::Normalizer normalizer_;
  CallOrder order_;
};

}  // namespace rl

#endif  // RL_AGENTS_MEAN_ACTION_POLICY_H_
