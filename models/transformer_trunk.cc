#include "models/transformer_trunk.h"

#include "models/key_value_cache.h"
#include "models/transformer_layer.h"
#include "models/transformer_pass.h"
#include "ring/attention/sharded_cache.h"
#include "ring/kernel/decode_attention.h"
#include "ring/layout/sequence_layout.h"

#include <ATen/ops/constant_pad_nd.h>
#include <c10/util/Exception.h>

namespace models {
namespace {

// All tokens from every rank's shard of them.
at::Tensor JoinOverRing(const at::Tensor& shard_BTD, const ring::SequenceLayout& layout,
                        const ring::Ring& ring) {
  if (ring.size() == 1) return shard_BTD;
  // Shards differ in length; what is gathered does not.
  const at::Tensor padded_BTD =
      at::constant_pad_nd(shard_BTD, {0, 0, 0, layout.MaxShardSize() - shard_BTD.size(1)});
  const at::Tensor all_NBTD = ring.communicator().AllGather(padded_BTD, "outputs of a prompt");
  std::vector<at::Tensor> shards_BTD;
  for (int rank = 0; rank < ring.size(); ++rank) {
    shards_BTD.push_back(all_NBTD.select(0, rank).narrow(1, 0, layout.ShardSize(rank)));
  }
  return ring::JoinShards(shards_BTD, layout, /*dim=*/1);
}

}  // namespace

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

std::unique_ptr<TrunkCache> TransformerTrunk::MakeCache(int64_t batch_size,
                                                        const ring::Ring& ring) const {
  return std::make_unique<KeyValueCache>(
      ring::ShardedCacheOptions{.num_layers = options_.num_layers,
                                .batch_size = batch_size,
                                .num_key_heads = options_.num_heads,
                                .head_dim = options_.model_dim / options_.num_heads},
      ring);
}

at::Tensor TransformerTrunk::Continue(const at::Tensor& new_BTD, TrunkCache& cache) const {
  auto* const seen = dynamic_cast<KeyValueCache*>(&cache);
  TORCH_CHECK(seen != nullptr, "a transformer continues behind a KeyValueCache only");
  ring::ShardedCache& shards = seen->shards();
  const ring::Ring& ring = shards.ring();
  const int64_t num_tokens = new_BTD.size(1);
  const bool few = num_tokens <= ring::kMaxDecodeQueries;
  const ring::SequenceLayout next = few ? shards.NextTokens(num_tokens)
                                        : shards.NextPrompt(ring::LayoutKind::kZigzag, num_tokens);
  const at::Tensor mine_BTD = few ? new_BTD : ring::TakeShard(new_BTD, next, ring.rank(), 1);
  const at::Tensor x_BTD =
      Forward(mine_BTD, {.ring = ring, .layout = next, .cache = &shards, .every_token = few});
  shards.Advance(next);
  return few ? x_BTD : JoinOverRing(x_BTD, next, ring);
}

}  // namespace models
