#include "models/self_attention.h"

#include "ring/attention/attention.h"
#include "ring/attention/sharded_cache.h"

#include <ATen/ops/linear.h>

#include <vector>

namespace models {
namespace {

ring::AttentionDropout WeightDropout(double probability, const DropoutKey* key, int64_t layer) {
  if (key == nullptr) return {};
  return {.probability = probability,
          .seed = StepSeed(*key),
          .layer = layer,
          .first_chain = key->first_chain};
}

at::Tensor ContinueCache(int64_t layer, const ring::NewTokens& tokens,
                         const TransformerPass& pass) {
  return pass.every_token ? pass.cache->Decode(layer, tokens, pass.layout)
                          : pass.cache->Prefill(layer, tokens, pass.layout, pass.method);
}

}  // namespace

SelfAttention::SelfAttention(const AgenticTransformerOptions& options, int64_t layer)
    : layer_(layer),
      num_heads_(options.num_heads),
      dropout_(options.attention_dropout),
      qkv_(register_module("qkv", torch::nn::Linear(options.model_dim, 3 * options.model_dim))),
      out_(register_module("out", torch::nn::Linear(options.model_dim, options.model_dim))) {}

at::Tensor SelfAttention::Forward(const at::Tensor& x_BTD, const TransformerPass& pass) const {
  const at::Tensor qkv_BT3HC = at::linear(x_BTD, qkv_->weight, qkv_->bias)
                                   .unflatten(2, {3, num_heads_, x_BTD.size(2) / num_heads_});
  const std::vector<at::Tensor> parts_BTHC = qkv_BT3HC.unbind(2);
  return at::linear(Attend(parts_BTHC[0], parts_BTHC[1], parts_BTHC[2], pass), out_->weight,
                    out_->bias);
}

at::Tensor SelfAttention::AddTo(const at::Tensor& x_BTD, const AffineWeights& norm,
                                const TransformerPass& pass, const DropoutMask& mask) const {
  const auto [q_BTHC, k_BTHC, v_BTHC] =
      NormalizeAndProject(x_BTD, norm, {qkv_->weight, qkv_->bias}, num_heads_);
  return AddProjection(x_BTD, Attend(q_BTHC, k_BTHC, v_BTHC, pass), {out_->weight, out_->bias},
                       mask);
}

// Views all the way: attention reads and writes (B, T, H, C) storage as it lies.
at::Tensor SelfAttention::Attend(const at::Tensor& q_BTHC, const at::Tensor& k_BTHC,
                                 const at::Tensor& v_BTHC, const TransformerPass& pass) const {
  const ring::NewTokens tokens = {.q_BHTD = q_BTHC.transpose(1, 2),
                                  .k_BGTD = k_BTHC.transpose(1, 2),
                                  .v_BGTD = v_BTHC.transpose(1, 2)};
  if (pass.cache != nullptr) {
    return ContinueCache(layer_, tokens, pass).transpose(1, 2).flatten(2);
  }
  const ring::AttentionOptions options = {.mask = {.causal = true},
                                          .method = pass.method,
                                          .operands = pass.operands,
                                          .dropout = WeightDropout(dropout_, pass.dropout, layer_),
                                          .layer = static_cast<int32_t>(layer_)};
  const at::Tensor attended_BHTC =
      ring::Attention(tokens.q_BHTD, tokens.k_BGTD, tokens.v_BGTD, options, pass.layout, pass.ring);
  return attended_BHTC.transpose(1, 2).flatten(2);
}

}  // namespace models
