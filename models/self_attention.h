// Causal self-attention: one fused projection to queries, keys and values, the attention of ring/,
// one projection back.
//
// Shapes: B chains, T tokens, H heads, D model dimension, C = D / H channels of a head.
#ifndef MODELS_SELF_ATTENTION_H_
#define MODELS_SELF_ATTENTION_H_

#include "models/dropout.h"
#include "models/layer_functions.h"
#include "models/transformer_options.h"
#include "models/transformer_pass.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>

namespace models {

class SelfAttention : public torch::nn::Module {
 public:
  SelfAttention(const AgenticTransformerOptions& options, int64_t layer);

  // Of normalised tokens, which are this rank's of a context. With a cache they continue its tokens
  // instead; the caller advances the cache after the last layer.
  at::Tensor Forward(const at::Tensor& x_BTD, const TransformerPass& pass) const;  // -> x_BTD

  // For training: x_BTD + mask(Forward(norm(x_BTD), pass)), with the products fused with what
  // surrounds them (layer_functions.h).
  at::Tensor AddTo(const at::Tensor& x_BTD, const AffineWeights& norm, const TransformerPass& pass,
                   const DropoutMask& mask) const;

 private:
  // Of queries, keys and values (B, T, H, C). -> (B, T, D)
  at::Tensor Attend(const at::Tensor& q_BTHC, const at::Tensor& k_BTHC, const at::Tensor& v_BTHC,
                    const TransformerPass& pass) const;

  int64_t layer_;  // 0-based
  int64_t num_heads_;
  double dropout_;
  torch::nn::Linear qkv_, out_;
};

}  // namespace models

#endif  // MODELS_SELF_ATTENTION_H_
