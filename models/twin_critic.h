// Two independent estimates of the return that follows an action.
//
// The smaller of the two is what targets and policies go by: a single estimate is overrated
// wherever its error happens to be positive (arXiv 1802.09477).
//
// Shapes: `...` any leading dimensions, O observation, A action.
#ifndef MODELS_TWIN_CRITIC_H_
#define MODELS_TWIN_CRITIC_H_

#include "models/mlp.h"

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

namespace models {

struct TwinCriticOptions {
  int64_t observation_dim = 0;  // O, required
  int64_t action_dim = 0;       // A, required
  int64_t hidden_dim = 1024;
};

struct QValues {
  at::Tensor first, second;  // [...]

  at::Tensor Min() const;
};

// Parameters: "first." and "second.", each with those of an Mlp.
class TwinCritic : public torch::nn::Module {
 public:
  TwinCritic(const TwinCriticOptions& options, at::Generator& generator);

  // Arbitrary weights, for those of another to be copied over.
  explicit TwinCritic(const TwinCriticOptions& options);

  // [..., O] and [..., A] with equal leading dimensions.
  QValues Forward(const at::Tensor& observation, const at::Tensor& action) const;

 private:
  std::shared_ptr<Mlp> first_, second_;
};

}  // namespace models

#endif  // MODELS_TWIN_CRITIC_H_
