// A policy network without memory: one observation in, one action out.
//
// Shapes: B batch, O observation, A action.
#ifndef MODELS_MLP_ACTOR_H_
#define MODELS_MLP_ACTOR_H_

#include "models/mlp.h"

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

namespace models {

// What the perceptron's outputs mean.
enum class ActorHead {
  kMean,      // A outputs: the mean action before its tanh
  kGaussian,  // 2 A outputs: mean and log standard deviation of a normal distribution that is
              // squashed by tanh
};

struct MlpActorOptions {
  int64_t observation_dim = 0;  // O, required
  int64_t action_dim = 0;       // A, required
  int64_t hidden_dim = 1024;
  ActorHead head = ActorHead::kMean;

  // The Gaussian's mean goes through a tanh of its own, and so stays in (-1, 1).
  bool bound_mean = false;
};

// Before squashing; [B, A] each.
struct Gaussian {
  at::Tensor mean_BA;
  at::Tensor log_std_BA;  // in [-10, 2]
};

// Parameters: "mlp." and those of an Mlp.
class MlpActor : public torch::nn::Module {
 public:
  MlpActor(const MlpActorOptions& options, at::Generator& generator);

  // The action to take when nothing is to be explored: tanh of the mean. -> [B, A] in (-1, 1)
  at::Tensor MeanAction(const at::Tensor& observation_BO) const;

  // REQUIRES: a Gaussian head.
  Gaussian Distribution(const at::Tensor& observation_BO) const;

  const MlpActorOptions& options() const { return options_; }

 private:
  at::Tensor Outputs(const at::Tensor& observation_BO) const;

  MlpActorOptions options_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace models

#endif  // MODELS_MLP_ACTOR_H_
