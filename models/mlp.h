// The perceptron that ExoRL's actors and critics are made of:
//
//   x -> linear -> layer norm -> tanh -> linear -> ReLU -> linear
//
// The norm and the tanh bound what the rest sees, whatever the scale of the observations. Weights
// start orthogonal (columns or rows, whichever are fewer, orthonormal), biases at 0.
//
// Shapes: B batch, I input, H hidden, J output.
#ifndef MODELS_MLP_H_
#define MODELS_MLP_H_

#include "models/mlp_function.h"

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>

namespace models {

struct MlpOptions {
  int64_t input_dim = 0;   // I, required
  int64_t output_dim = 0;  // J, required
  int64_t hidden_dim = 1024;
};

// A float32 matrix whose shorter side's vectors are orthonormal, uniformly distributed among such
// matrices (Householder QR of a Gaussian matrix, signs made unique).
at::Tensor RandomOrthogonal(int64_t rows, int64_t columns, at::Generator& generator);

// Parameters: input.{weight, bias}, norm.{weight, bias}, hidden.{...}, output.{...}.
class Mlp : public torch::nn::Module {
 public:
  // Draws the weights from `generator`. Dimensions below 1: c10::ValueError.
  Mlp(const MlpOptions& options, at::Generator& generator);

  // Arbitrary weights, for others to be copied over: drawing wide layers takes a while.
  explicit Mlp(const MlpOptions& options);

  // Any leading dimensions.
  at::Tensor Forward(const at::Tensor& x_BI) const;  // -> [B, J]

  MlpWeights weights() const;

  const MlpOptions& options() const { return options_; }

 private:
  MlpOptions options_;
  torch::nn::Linear input_, hidden_, output_;
  torch::nn::LayerNorm norm_;
};

}  // namespace models

#endif  // MODELS_MLP_H_
