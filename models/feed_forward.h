// The position-wise half of a transformer layer: up, activation, down.
//
// Shapes: B chains, T tokens, D model dimension, F hidden width.
#ifndef MODELS_FEED_FORWARD_H_
#define MODELS_FEED_FORWARD_H_

#include "models/dropout.h"
#include "models/layer_functions.h"
#include "models/transformer_options.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>

namespace models {

class FeedForward : public torch::nn::Module {
 public:
  FeedForward(int64_t model_dim, int64_t hidden_dim, Activation activation);

  // Of normalised tokens.
  at::Tensor Forward(const at::Tensor& x_BTD) const;  // -> x_BTD

  // For training: x_BTD + mask(Forward(norm(x_BTD))), in one step (layer_functions.h).
  // REQUIRES: CanAdd().
  at::Tensor AddTo(const at::Tensor& x_BTD, const AffineWeights& norm,
                   const DropoutMask& mask) const;
  bool CanAdd() const { return activation_ == Activation::kRelu; }

 private:
  Activation activation_;
  torch::nn::Linear up_, down_;
};

}  // namespace models

#endif  // MODELS_FEED_FORWARD_H_
