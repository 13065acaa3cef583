#include "ring/attention/sharded_cache.h"

#include "ring/kernel/block_attention.h"
#include "ring/kernel/decode_attention.h"
#include "ring/layout/attention_mask.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <c10/util/Exception.h>
#include <c10/util/StringUtil.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

namespace ring {
namespace {

std::string Describe(const ShardedCacheOptions& options) {
  return c10::str(options.num_layers, " layers, batch ", options.batch_size, ", ",
                  options.num_key_heads, " key heads of width ", options.head_dim, ", ",
                  options.dtype);
}

// What this rank's keys contribute: query i sees the first num_visible[i] of them.
PartialAttention Contribution(const at::Tensor& q_BHTD, const at::Tensor& k_BGKD,
                              const at::Tensor& v_BGKD, const std::vector<int64_t>& num_visible) {
  if (q_BHTD.size(1) == k_BGKD.size(1) && CanDecode(q_BHTD, k_BGKD, v_BGKD)) {
    return DecodePartial(q_BHTD, k_BGKD, v_BGKD, num_visible);
  }
  // Counted among the keys held here, the mask is causal: query i is in the place of the last key
  // it sees.
  const int64_t num_keys = k_BGKD.size(2);
  std::vector<int64_t> keys(static_cast<size_t>(num_keys)), queries = num_visible;
  std::iota(keys.begin(), keys.end(), int64_t{0});
  for (int64_t& query : queries) --query;
  const auto pass = MakeForwardPass(q_BHTD, k_BGKD.size(1), std::max<int64_t>(num_keys, 1),
                                    {.scale = 1.0 / std::sqrt(static_cast<double>(q_BHTD.size(3))),
                                     .operands = q_BHTD.scalar_type()});
  if (num_keys > 0) {
    pass->Attend(k_BGKD, v_BGKD,
                 Visibility({.causal = true}, std::move(queries), std::move(keys), num_keys));
  }
  return pass->Finish();
}

ShardedCacheOptions Validated(const ShardedCacheOptions& options) {
  TORCH_CHECK_VALUE(options.num_layers >= 1 && options.batch_size >= 1 &&
                        options.num_key_heads >= 1 && options.head_dim >= 1,
                    "a cache needs at least one layer, chain, head and channel, got ",
                    Describe(options));
  return options;
}

}  // namespace

// Always in rank order. lse travels as one more channel of out.
at::Tensor MergeOverRanks(const PartialAttention& mine, Communicator& communicator,
                          const std::string& what) {
  const int64_t head_dim = mine.out_BHQD.size(3);
  const at::Tensor packed_BHQE = at::cat({mine.out_BHQD, mine.lse_BHQ.unsqueeze(3)}, 3);
  const at::Tensor all_NBHQE = communicator.AllGather(packed_BHQE, what);
  const auto contribution = [&](int rank) -> PartialAttention {
    const at::Tensor part_BHQE = all_NBHQE.select(0, rank);
    return {.out_BHQD = part_BHQE.narrow(3, 0, head_dim), .lse_BHQ = part_BHQE.select(3, head_dim)};
  };
  PartialAttention merged = contribution(0);
  for (int rank = 1; rank < communicator.size(); ++rank) {
    merged = Merge(merged, contribution(rank));
  }
  return merged.out_BHQD;
}

ShardedCache::ShardedCache(const ShardedCacheOptions& options, Ring ring)
    : options_(Validated(options)),
      ring_(std::move(ring)),
      tokens_(ring_.size()),
      rows_(2 * options.num_layers * options.batch_size * options.num_key_heads,
            options.head_dim * static_cast<int64_t>(c10::elementSize(options.dtype))) {
  if (ring_.size() > 1) ring_.communicator().Agree(Describe(options), "a sharded cache");
}

at::Tensor ShardedCache::Prefill(int64_t layer, const NewTokens& shard, const SequenceLayout& next,
                                 RingMethod method) {
  const at::NoGradGuard no_grad;
  TORCH_CHECK_VALUE(shard.k_BGTD.size(2) == next.ShardSize(ring_.rank()), "the layout gives rank ",
                    ring_.rank(), " ", next.ShardSize(ring_.rank()), " new tokens, not ",
                    shard.k_BGTD.size(2));
  const KeysAndValues held = Append(layer, shard, next);
  const AttentionOptions options = {
      .method = method, .query_layout = next, .layer = static_cast<int32_t>(layer)};
  return Attention(shard.q_BHTD, held.k_BGKD, held.v_BGKD, options, tokens_.With(next), ring_);
}

at::Tensor ShardedCache::Decode(int64_t layer, const NewTokens& tokens,
                                const SequenceLayout& next) {
  const at::NoGradGuard no_grad;
  const int rank = ring_.rank();
  const NewTokens mine = {.q_BHTD = {},
                          .k_BGTD = TakeShard(tokens.k_BGTD, next, rank, 2),
                          .v_BGTD = TakeShard(tokens.v_BGTD, next, rank, 2)};
  const KeysAndValues held = Append(layer, mine, next);
  const PartialAttention part =
      Contribution(tokens.q_BHTD, held.k_BGKD, held.v_BGKD, NumVisible(next));
  const at::Tensor out_BHTD = ring_.size() == 1
                                  ? part.out_BHQD
                                  : MergeOverRanks(part, ring_.communicator(),
                                                   c10::str("decoded attention of layer ", layer));
  return out_BHTD.to(tokens.q_BHTD.scalar_type());
}

ShardedCache::LayerMemory ShardedCache::Open(int64_t layer, const SequenceLayout& next) {
  TORCH_CHECK(0 <= layer && layer < options_.num_layers, "the cache has no layer ", layer);
  // Rows move at most at the first layer: none of them holds any of the new tokens yet.
  rows_.Reserve(ShardSize() + next.ShardSize(ring_.rank()));
  const int64_t rows_of_kind = options_.batch_size * options_.num_key_heads;
  return {.k = rows_.row(2 * layer * rows_of_kind),
          .v = rows_.row((2 * layer + 1) * rows_of_kind),
          .chain_bytes = options_.num_key_heads * rows_.row_bytes(),
          .head_bytes = rows_.row_bytes()};
}

std::vector<int64_t> ShardedCache::NumVisible(const SequenceLayout& next) const {
  std::vector<int64_t> num_visible(static_cast<size_t>(next.num_tokens()), ShardSize());
  for (const int64_t mine : next.Positions(ring_.rank())) {
    for (size_t query = static_cast<size_t>(mine); query < num_visible.size(); ++query) {
      ++num_visible[query];
    }
  }
  return num_visible;
}

ShardedCache::KeysAndValues ShardedCache::Append(int64_t layer, const NewTokens& shard,
                                                 const SequenceLayout& next) {
  const int64_t held = ShardSize(), added = next.ShardSize(ring_.rank());
  std::array<int64_t, 4> shape = {options_.batch_size, options_.num_key_heads, added,
                                  options_.head_dim};
  const at::IntArrayRef expected(shape);
  TORCH_CHECK_VALUE(shard.k_BGTD.sizes() == expected && shard.v_BGTD.sizes() == expected,
                    "the cache takes keys and values of shape ", expected, ", got ",
                    shard.k_BGTD.sizes(), " and ", shard.v_BGTD.sizes());
  const LayerMemory memory = Open(layer, next);
  const auto element = static_cast<int64_t>(c10::elementSize(options_.dtype));
  const std::array<int64_t, 4> strides = {memory.chain_bytes / element, memory.head_bytes / element,
                                          options_.head_dim, 1};
  shape[2] = held + added;
  const auto all = [&](std::byte* data) {
    return at::from_blob(data, shape, strides, at::TensorOptions().dtype(options_.dtype));
  };
  const KeysAndValues result = {.k_BGKD = all(memory.k), .v_BGKD = all(memory.v)};
  result.k_BGKD.narrow(2, held, added).copy_(shard.k_BGTD);
  result.v_BGKD.narrow(2, held, added).copy_(shard.v_BGTD);
  return result;
}

void ShardedCache::Truncate(int64_t num_tokens) {
  tokens_.Truncate(num_tokens);
  rows_.Truncate(ShardSize());
}

}  // namespace ring
