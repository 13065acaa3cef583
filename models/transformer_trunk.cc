#include "models/transformer_trunk.h"

#include "models/key_value_cache.h"
#include "models/transformer_layer.h"
#include "models/transformer_pass.h"
#include "ring/layout/sequence_layout.h"

#include <c10/util/Exception.h>

namespace models {

TransformerTrunk::TransformerTrunk(const AgenticTransformerOptions& options) : options_(options) {
  for (int64_t layer = 0; layer < options.num_layers; ++layer) {
    layers_.push_back(
        register_module(std::to_string(layer), std::make_shared<TransformerLayer>(options, layer)));
  }
}

at::Tensor TransformerTrunk::Forward(const at::Tensor& x_BTD, const TransformerPass& pass) const {
  at::Tensor y_BTD = x_BTD;
  for (const auto& layer : layers_) y_BTD = layer->Forward(y_BTD, pass);
  return y_BTD;
}

std::unique_ptr<TrunkCache> TransformerTrunk::MakeCache(int64_t batch_size) const {
  return std::make_unique<KeyValueCache>(
      KeyValueCacheOptions{.num_layers = options_.num_layers,
                           .batch_size = batch_size,
                           .num_heads = options_.num_heads,
                           .head_dim = options_.model_dim / options_.num_heads});
}

at::Tensor TransformerTrunk::Continue(const at::Tensor& new_BTD, TrunkCache& cache) const {
  auto* const seen = dynamic_cast<KeyValueCache*>(&cache);
  TORCH_CHECK(seen != nullptr, "a transformer continues behind a KeyValueCache only");
  const ring::Ring ring;
  const auto layout =
      ring::SequenceLayout::Contiguous(seen->length() + new_BTD.size(1), ring.size());
  const at::Tensor x_BTD = Forward(new_BTD, {.ring = ring, .layout = layout, .cache = seen});
  seen->Advance(new_BTD.size(1));
  return x_BTD;
}

}  // namespace models
