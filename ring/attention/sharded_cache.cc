#include "ring/attention/sharded_cache.h"

#include "ring/kernel/block_attention.h"
#include "ring/kernel/decode_attention.h"
#include "ring/layout/attention_mask.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
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

// The ranks' contributions as one, always in rank order: the same bits everywhere. One message per
// pair of ranks: lse travels as one more channel of out.
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

}  // namespace

ShardedCache::ShardedCache(const ShardedCacheOptions& options, Ring ring)
    : options_(options), ring_(std::move(ring)), tokens_(ring_.size()) {
  TORCH_CHECK_VALUE(
      options.num_layers >= 1 && options.batch_size >= 1 && options.num_key_heads >= 1 &&
          options.head_dim >= 1 && options.initial_capacity >= 0,
      "a cache needs at least one layer, chain, head and channel, got ", Describe(options));
  layers_.resize(static_cast<size_t>(options.num_layers));
  if (ring_.size() > 1) ring_.communicator().Agree(Describe(options), "a sharded cache");
  Reserve(std::max<int64_t>(options.initial_capacity, 1));
}

at::Tensor ShardedCache::Prefill(int64_t layer, const NewTokens& shard, const SequenceLayout& next,
                                 RingMethod method) {
  const at::NoGradGuard no_grad;
  TORCH_CHECK_VALUE(shard.k_BGTD.size(2) == next.ShardSize(ring_.rank()), "the layout gives rank ",
                    ring_.rank(), " ", next.ShardSize(ring_.rank()), " new tokens, not ",
                    shard.k_BGTD.size(2));
  const KeysAndValues held = Append(layer, shard.k_BGTD, shard.v_BGTD);
  const AttentionOptions options = {
      .method = method, .query_layout = next, .layer = static_cast<int32_t>(layer)};
  return Attention(shard.q_BHTD, held.k_BGKD, held.v_BGKD, options, tokens_.With(next), ring_);
}

at::Tensor ShardedCache::Decode(int64_t layer, const NewTokens& tokens,
                                const SequenceLayout& next) {
  const at::NoGradGuard no_grad;
  const int rank = ring_.rank();
  const KeysAndValues held = Append(layer, TakeShard(tokens.k_BGTD, next, rank, 2),
                                    TakeShard(tokens.v_BGTD, next, rank, 2));

  std::vector<int64_t> num_visible(static_cast<size_t>(next.num_tokens()), ShardSize());
  for (const int64_t mine : next.Positions(rank)) {
    for (size_t query = static_cast<size_t>(mine); query < num_visible.size(); ++query) {
      ++num_visible[query];
    }
  }
  const PartialAttention part = Contribution(tokens.q_BHTD, held.k_BGKD, held.v_BGKD, num_visible);
  const at::Tensor out_BHTD = ring_.size() == 1
                                  ? part.out_BHQD
                                  : MergeOverRanks(part, ring_.communicator(),
                                                   c10::str("decoded attention of layer ", layer));
  return out_BHTD.to(tokens.q_BHTD.scalar_type());
}

ShardedCache::KeysAndValues ShardedCache::Append(int64_t layer, const at::Tensor& k_BGTD,
                                                 const at::Tensor& v_BGTD) {
  TORCH_CHECK(0 <= layer && layer < options_.num_layers, "the cache has no layer ", layer);
  const int64_t held = ShardSize(), added = k_BGTD.size(2);
  const std::array<int64_t, 4> shape = {options_.batch_size, options_.num_key_heads, added,
                                        options_.head_dim};
  const at::IntArrayRef expected(shape);
  TORCH_CHECK_VALUE(k_BGTD.sizes() == expected && v_BGTD.sizes() == expected,
                    "the cache takes keys and values of shape ", expected, ", got ", k_BGTD.sizes(),
                    " and ", v_BGTD.sizes());
  Reserve(held + added);
  const KeysAndValues& all = layers_[static_cast<size_t>(layer)];
  all.k_BGKD.narrow(2, held, added).copy_(k_BGTD);
  all.v_BGKD.narrow(2, held, added).copy_(v_BGTD);
  return {.k_BGKD = all.k_BGKD.narrow(2, 0, held + added),
          .v_BGKD = all.v_BGKD.narrow(2, 0, held + added)};
}

// Doubles, so that appending costs amortised constant time. All layers grow together, at the first
// Append that finds no room: none of them holds any of the new tokens yet.
void ShardedCache::Reserve(int64_t num_tokens) {
  if (num_tokens <= capacity_) return;
  const int64_t capacity = std::max(num_tokens, 2 * capacity_), held = ShardSize();
  const auto grown = [&](const at::Tensor& old_BGKD) {
    at::Tensor new_BGKD =
        at::empty({options_.batch_size, options_.num_key_heads, capacity, options_.head_dim},
                  at::TensorOptions().dtype(options_.dtype));
    if (held > 0) new_BGKD.narrow(2, 0, held).copy_(old_BGKD.narrow(2, 0, held));
    return new_BGKD;
  };
  for (KeysAndValues& layer : layers_) {
    layer = {.k_BGKD = grown(layer.k_BGKD), .v_BGKD = grown(layer.v_BGKD)};
  }
  capacity_ = capacity;
}

}  // namespace ring
