#include "models/mlp_actor.h"

#include <c10/util/Exception.h>

namespace models {
namespace {

constexpr double kSmallestLogStd = -10, kLargestLogStd = 2;

std::shared_ptr<Mlp> MakeMlp(const MlpActorOptions& options, at::Generator& generator) {
  const int64_t outputs_per_action = options.head == ActorHead::kGaussian ? 2 : 1;
  const MlpOptions shape{.input_dim = options.observation_dim,
                         .output_dim = options.action_dim * outputs_per_action,
                         .hidden_dim = options.hidden_dim};
  return std::make_shared<Mlp>(shape, generator);
}

}  // namespace

MlpActor::MlpActor(const MlpActorOptions& options, at::Generator& generator)
    : options_(options), mlp_(register_module("mlp", MakeMlp(options, generator))) {}

at::Tensor MlpActor::Outputs(const at::Tensor& observation_BO) const {
  TORCH_CHECK_VALUE(observation_BO.dim() == 2 && observation_BO.size(1) == options_.observation_dim,
                    "the actor reads ", options_.observation_dim, " observations, got ",
                    observation_BO.sizes());
  return mlp_->Forward(observation_BO);
}

at::Tensor MlpActor::MeanAction(const at::Tensor& observation_BO) const {
  if (options_.head == ActorHead::kMean) return Outputs(observation_BO).tanh();
  return Distribution(observation_BO).mean_BA.tanh();
}

Gaussian MlpActor::Distribution(const at::Tensor& observation_BO) const {
  TORCH_CHECK(options_.head == ActorHead::kGaussian, "this actor has a mean, but no distribution");
  const at::Tensor outputs = Outputs(observation_BO);
  const at::Tensor mean_BA = outputs.narrow(-1, 0, options_.action_dim);
  const at::Tensor log_std_BA = outputs.narrow(-1, options_.action_dim, options_.action_dim);
  return {.mean_BA = options_.bound_mean ? mean_BA.tanh() : mean_BA,
          .log_std_BA = log_std_BA.clamp(kSmallestLogStd, kLargestLogStd)};
}

}  // namespace models
