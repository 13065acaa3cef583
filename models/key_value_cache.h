// Keys and values of the tokens a model has already seen, so that acting costs one new step and not
// the whole context again.
//
// One preallocated tensor per layer and kind, (B, H, capacity, D): the rows of one chain and head
// lie side by side, which is the order attention reads them in. Capacity doubles when it runs out,
// so appending costs amortised constant time. All chains have the same length.
//
//   write: for each layer: slice = cache.Append(layer, k, v);   then   cache.Advance(T)
//   drop:  cache.Truncate(length)                      everything from token `length` on is
//   forgotten
//
// Shapes: B chains, H heads, T new tokens, K tokens seen including the new, D head dimension.
#ifndef MODELS_KEY_VALUE_CACHE_H_
#define MODELS_KEY_VALUE_CACHE_H_

#include "models/trunk.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace models {

struct KeyValueCacheOptions {
  int64_t num_layers = 0;
  int64_t batch_size = 0;
  int64_t num_heads = 0;
  int64_t head_dim = 0;
  int64_t initial_capacity = 256;  // tokens
};

// Not differentiable: write to it under c10::InferenceMode or at::NoGradGuard.
class KeyValueCache : public TrunkCache {
 public:
  explicit KeyValueCache(const KeyValueCacheOptions& options);

  int64_t batch_size() const override { return options_.batch_size; }
  int64_t length() const override { return length_; }
  void Truncate(int64_t length) override;

  int64_t capacity() const { return capacity_; }  // tokens that fit before the next growth
  int64_t num_layers() const { return options_.num_layers; }

  // Views valid until the next Append to the same layer.
  struct Slice {
    at::Tensor k_BHKD;
    at::Tensor v_BHKD;
  };

  // Writes the new tokens of one layer behind the length() seen so far and returns all of them.
  Slice Append(int64_t layer, const at::Tensor& k_BHTD, const at::Tensor& v_BHTD);

  // Every layer has appended `num_tokens` tokens: they count as seen from now on.
  void Advance(int64_t num_tokens);

 private:
  void Reserve(int64_t num_tokens);

  KeyValueCacheOptions options_;
  int64_t length_ = 0;
  int64_t capacity_ = 0;
  std::vector<Slice> layers_;  // (B, H, capacity, D)
};

}  // namespace models

#endif  // MODELS_KEY_VALUE_CACHE_H_
