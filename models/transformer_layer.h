// One layer of the trunk, pre-norm: each half adds to the residual stream what it makes of a
// normalised copy.
//
//   x += dropout(attention(norm(x)))
//   x += dropout(feed_forward(norm(x)))
//
// Shapes: B chains, T tokens, D model dimension.
#ifndef MODELS_TRANSFORMER_LAYER_H_
#define MODELS_TRANSFORMER_LAYER_H_

#include "models/feed_forward.h"
#include "models/self_attention.h"
#include "models/transformer_options.h"
#include "models/transformer_pass.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>
#include <memory>

namespace models {

class TransformerLayer : public torch::nn::Module {
 public:
  TransformerLayer(const AgenticTransformerOptions& options, int64_t layer);

  at::Tensor Forward(const at::Tensor& x_BTD, const TransformerPass& pass) const;  // -> x_BTD

 private:
  // The two halves, each of one fused step or two while gradients are recorded.
  at::Tensor AddAttended(const at::Tensor& x_BTD, const TransformerPass& pass) const;
  at::Tensor AddFedForward(const at::Tensor& x_BTD, const TransformerPass& pass) const;
  at::Tensor Normalized(const at::Tensor& x_BTD, const torch::nn::LayerNorm& norm) const;

  int64_t layer_;  // 0-based
  double dropout_;
  torch::nn::LayerNorm attention_norm_, feed_forward_norm_;
  std::shared_ptr<SelfAttention> attention_;
  std::shared_ptr<FeedForward> feed_forward_;
};

}  // namespace models

#endif  // MODELS_TRANSFORMER_LAYER_H_
