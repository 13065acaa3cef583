#include "rl/agents/bc_agent.h"

#include "rl/agents/truncated_normal.h"

#include <ATen/TensorOperators.h>

namespace rl {

at::Tensor BcAgent::Loss(const TransitionBatch& batch) const {
  const at::Tensor mean_BA = actor().MeanAction(batch.observation_BO);
  return -LogDensity(batch.action_BA, mean_BA, options().baseline.noise_std).mean();
}

Metrics BcAgent::UpdateOnBatch(const TransitionBatch& batch, double learning_rate) {
  actor_optimizer().ZeroGradients();
  double loss = 0;
  for (const TransitionBatch& part : Split(batch, options().accumulate)) {
    const auto rows = static_cast<double>(part.action_BA.size(0));
    const at::Tensor share = Loss(part) * (rows / static_cast<double>(batch.action_BA.size(0)));
    share.backward();
    loss += share.item<double>();
  }
  const double gradient_norm = actor_optimizer().Step(learning_rate);
  return {{"loss", loss}, {"gradient_norm", gradient_norm}};
}

Metrics BcAgent::UpdateOn(const TransitionBatch& batch, at::Generator& /*generator*/,
                          double learning_rate) {
  return UpdateOnBatch(batch, learning_rate);
}

double BcAgent::ValidationLoss(const TransitionBatch& batch, at::Generator& /*generator*/) const {
  return Loss(batch).item<double>();
}

}  // namespace rl
