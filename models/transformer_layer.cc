#include "models/transformer_layer.h"

#include "models/dropout.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/layer_norm.h>

namespace models {

TransformerLayer::TransformerLayer(const AgenticTransformerOptions& options, int64_t layer)
    : layer_(layer),
      dropout_(options.residual_dropout),
      attention_norm_(torch::nn::LayerNormOptions({options.model_dim})),
      feed_forward_norm_(torch::nn::LayerNormOptions({options.model_dim})),
      attention_(std::make_shared<SelfAttention>(options, layer)),
      feed_forward_(std::make_shared<FeedForward>(
          options.model_dim, options.feed_forward_multiplier * options.model_dim,
          options.activation)) {
  register_module("attention_norm", attention_norm_);
  register_module("attention", attention_);
  register_module("feed_forward_norm", feed_forward_norm_);
  register_module("feed_forward", feed_forward_);
}

at::Tensor TransformerLayer::Forward(const at::Tensor& x_BTD, const TransformerPass& pass) const {
  return AddFedForward(AddAttended(x_BTD, pass), pass);
}

// Weights are packed anew in every fused step: that is nothing to a context, and much to one step
// of an environment.
at::Tensor TransformerLayer::AddAttended(const at::Tensor& x_BTD,
                                         const TransformerPass& pass) const {
  const DropoutPlace place = {.layer = layer_, .site = DropoutSite::kAttention};
  if (at::GradMode::is_enabled()) {
    return attention_->AddTo(x_BTD, {attention_norm_->weight, attention_norm_->bias}, pass,
                             DropoutMask(dropout_, pass.dropout, place));
  }
  const at::Tensor attended_BTD = attention_->Forward(Normalized(x_BTD, attention_norm_), pass);
  return AddDropout(x_BTD, attended_BTD, dropout_, pass.dropout, place);
}

at::Tensor TransformerLayer::AddFedForward(const at::Tensor& x_BTD,
                                           const TransformerPass& pass) const {
  const DropoutPlace place = {.layer = layer_, .site = DropoutSite::kFeedForward};
  if (at::GradMode::is_enabled() && feed_forward_->CanAdd()) {
    return feed_forward_->AddTo(x_BTD, {feed_forward_norm_->weight, feed_forward_norm_->bias},
                                DropoutMask(dropout_, pass.dropout, place));
  }
  const at::Tensor fed_BTD = feed_forward_->Forward(Normalized(x_BTD, feed_forward_norm_));
  return AddDropout(x_BTD, fed_BTD, dropout_, pass.dropout, place);
}

at::Tensor TransformerLayer::Normalized(const at::Tensor& x_BTD,
                                        const torch::nn::LayerNorm& norm) const {
  return at::layer_norm(x_BTD, {x_BTD.size(2)}, norm->weight, norm->bias);
}

}  // namespace models
