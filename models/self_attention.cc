#include "models/self_attention.h"

#include "ring/attention/attention.h"
#include "ring/layout/sequence_layout.h"

#include <ATen/ops/linear.h>

#include <vector>

namespace models {

SelfAttention::SelfAttention(int64_t model_dim, int64_t num_heads)
    : num_heads_(num_heads),
      qkv_(register_module("qkv", torch::nn::Linear(model_dim, 3 * model_dim))),
      out_(register_module("out", torch::nn::Linear(model_dim, model_dim))) {}

at::Tensor SelfAttention::Forward(const at::Tensor& x_BTD, const ring::Ring& ring,
                                  KeyValueCache* cache, int64_t layer) const {
  const int64_t model_dim = x_BTD.size(2);
  // Views all the way: attention reads and writes (B, T, H, C) storage as it lies.
  const at::Tensor qkv_BT3HC = at::linear(x_BTD, qkv_->weight, qkv_->bias)
                                   .unflatten(2, {3, num_heads_, model_dim / num_heads_});
  const std::vector<at::Tensor> parts_BTHC = qkv_BT3HC.unbind(2);
  const at::Tensor q_BHTC = parts_BTHC[0].transpose(1, 2);
  KeyValueCache::Slice seen = {.k_BHKD = parts_BTHC[1].transpose(1, 2),
                               .v_BHKD = parts_BTHC[2].transpose(1, 2)};
  if (cache != nullptr) seen = cache->Append(layer, seen.k_BHKD, seen.v_BHKD);

  const auto layout = ring::SequenceLayout::Contiguous(seen.k_BHKD.size(2), ring.size());
  const at::Tensor attended_BHTC =
      ring::Attention(q_BHTC, seen.k_BHKD, seen.v_BHKD, {.mask = {.causal = true}}, layout, ring);
  return at::linear(attended_BHTC.transpose(1, 2).flatten(2), out_->weight, out_->bias);
}

}  // namespace models
