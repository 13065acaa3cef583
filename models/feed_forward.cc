#include "models/feed_forward.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>

namespace models {

FeedForward::FeedForward(int64_t model_dim, int64_t hidden_dim, Activation activation)
    : activation_(activation),
      up_(register_module("up", torch::nn::Linear(model_dim, hidden_dim))),
      down_(register_module("down", torch::nn::Linear(hidden_dim, model_dim))) {}

at::Tensor FeedForward::Forward(const at::Tensor& x_BTD) const {
  at::Tensor hidden_BTF = at::linear(x_BTD, up_->weight, up_->bias);
  // The hidden activations are the largest tensor of a layer. ReLU's gradient needs only its
  // result, so it may overwrite its input.
  hidden_BTF = activation_ == Activation::kRelu ? hidden_BTF.relu_() : at::gelu(hidden_BTF, "tanh");
  return at::linear(hidden_BTF, down_->weight, down_->bias);
}

at::Tensor FeedForward::AddTo(const at::Tensor& x_BTD, const AffineWeights& norm,
                              const DropoutMask& mask) const {
  return AddFeedForward(x_BTD, norm, {up_->weight, up_->bias}, {down_->weight, down_->bias}, mask);
}

}  // namespace models
