// Causal self-attention: one fused projection to queries, keys and values, the attention of ring/,
// one projection back.
//
// Shapes: B chains, T tokens, H heads, D model dimension, C = D / H channels of a head.
#ifndef MODELS_SELF_ATTENTION_H_
#define MODELS_SELF_ATTENTION_H_

#include "models/key_value_cache.h"
#include "ring/runtime/ring.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>

namespace models {

class SelfAttention : public torch::nn::Module {
 public:
  SelfAttention(int64_t model_dim, int64_t num_heads);

  // `cache` null: the tokens are a whole context. Otherwise they continue the cache's, as its layer
  // `layer`; the caller advances the cache after the last layer.
  at::Tensor Forward(const at::Tensor& x_BTD, const ring::Ring& ring, KeyValueCache* cache,
                     int64_t layer) const;  // -> x_BTD

 private:
  int64_t num_heads_;
  torch::nn::Linear qkv_, out_;
};

}  // namespace models

#endif  // MODELS_SELF_ATTENTION_H_
