#include "models/key_value_cache.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>

namespace models {

KeyValueCache::KeyValueCache(const KeyValueCacheOptions& options) : options_(options) {
  TORCH_CHECK_VALUE(options.num_layers >= 1 && options.batch_size >= 1 && options.num_heads >= 1 &&
                        options.head_dim >= 1 && options.initial_capacity >= 0,
                    "a cache needs at least one layer, chain, head and channel, got ",
                    options.num_layers, ", ", options.batch_size, ", ", options.num_heads, " and ",
                    options.head_dim);
  layers_.resize(static_cast<size_t>(options.num_layers));
  Reserve(options.initial_capacity);
}

void KeyValueCache::Truncate(int64_t length) {
  TORCH_CHECK(0 <= length && length <= length_, "cannot truncate a cache of ", length_,
              " tokens to ", length);
  length_ = length;
}

KeyValueCache::Slice KeyValueCache::Append(int64_t layer, const at::Tensor& k_BHTD,
                                           const at::Tensor& v_BHTD) {
  TORCH_CHECK(0 <= layer && layer < num_layers(), "the cache has no layer ", layer);
  const int64_t num_tokens = k_BHTD.size(2);
  const std::array<int64_t, 4> shape = {options_.batch_size, options_.num_heads, num_tokens,
                                        options_.head_dim};
  const at::IntArrayRef expected(shape);
  TORCH_CHECK(k_BHTD.sizes() == expected && v_BHTD.sizes() == expected, "the cache takes keys and ",
              "values of shape ", expected, ", got ", k_BHTD.sizes(), " and ", v_BHTD.sizes());
  Reserve(length_ + num_tokens);
  const Slice& all = layers_[static_cast<size_t>(layer)];
  all.k_BHKD.narrow(2, length_, num_tokens).copy_(k_BHTD);
  all.v_BHKD.narrow(2, length_, num_tokens).copy_(v_BHTD);
  return {.k_BHKD = all.k_BHKD.narrow(2, 0, length_ + num_tokens),
          .v_BHKD = all.v_BHKD.narrow(2, 0, length_ + num_tokens)};
}

void KeyValueCache::Advance(int64_t num_tokens) {
  TORCH_CHECK(num_tokens >= 0 && length_ + num_tokens <= capacity_, "cannot count ", num_tokens,
              " tokens as seen that were never appended");
  length_ += num_tokens;
}

// All layers grow together, at the first Append that finds no room; what earlier layers have
// appended of the current tokens cannot exist yet.
void KeyValueCache::Reserve(int64_t num_tokens) {
  if (num_tokens <= capacity_) return;
  const int64_t capacity = std::max(num_tokens, 2 * capacity_);
  const auto grown = [&](const at::Tensor& old_BHKD) {
    at::Tensor new_BHKD = at::empty(
        {options_.batch_size, options_.num_heads, capacity, options_.head_dim}, at::kFloat);
    if (length_ > 0) new_BHKD.narrow(2, 0, length_).copy_(old_BHKD.narrow(2, 0, length_));
    return new_BHKD;
  };
  for (Slice& layer : layers_) {
    layer = {.k_BHKD = grown(layer.k_BHKD), .v_BHKD = grown(layer.v_BHKD)};
  }
  capacity_ = capacity;
}

}  // namespace models
