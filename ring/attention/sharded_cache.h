// Keys and values of a context that no rank could hold alone, and attention of new tokens over it.
//
// Every rank keeps the keys and values of some of the tokens, layer by layer, and they never move.
// New tokens are attended to in one of two ways:
//
//   Prefill   a prompt, sharded over the ranks: attention round the ring
//   Decode    a few tokens that every rank has worked out for itself, as acting does: each rank
//             attends over the keys it holds, and one small all-gather of (out, lse) makes the
//             parts one
//
// Both for each layer of the same new tokens; then Advance makes them part of the context:
//
//   const SequenceLayout next = cache.NextTokens(4);
//   for each layer: out = cache.Decode(layer, {q, k, v}, next);
//   cache.Advance(next);
//
// Causal. Not differentiable. Every rank of the ring makes the same calls in the same order. Memory
// grows with the tokens and without copying (growing_rows.h).
//
// Shapes: B batch, H heads of queries, G heads of keys and values (H a multiple of G), T new
// tokens, D head dimension.
#ifndef RING_ATTENTION_SHARDED_CACHE_H_
#define RING_ATTENTION_SHARDED_CACHE_H_

#include "ring/attention/attention.h"
#include "ring/attention/growing_rows.h"
#include "ring/kernel/partial_attention.h"
#include "ring/layout/growing_layout.h"
#include "ring/layout/sequence_layout.h"
#include "ring/runtime/ring.h"

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ring {

struct ShardedCacheOptions {
  int64_t num_layers = 0;
  int64_t batch_size = 0;
  int64_t num_key_heads = 0;
  int64_t head_dim = 0;
  at::ScalarType dtype = at::kFloat;  // of keys and values: kFloat, kDouble or kBFloat16
};

// What a layer makes of the new tokens. Of the cache's type.
struct NewTokens {
  at::Tensor q_BHTD;
  at::Tensor k_BGTD;
  at::Tensor v_BGTD;
};

// What the ranks' keys contribute, as one: the same bits on every rank. One message per pair.
at::Tensor MergeOverRanks(const PartialAttention& mine, Communicator& communicator,
                          const std::string& what);  // -> out_BHQD

class ShardedCache {
 public:
  ShardedCache(const ShardedCacheOptions& options, Ring ring);

  int64_t num_tokens() const { return tokens_.num_tokens(); }        // of the whole context
  const SequenceLayout& layout() const { return tokens_.layout(); }  // who holds which
  const ShardedCacheOptions& options() const { return options_; }
  const Ring& ring() const { return ring_; }

  // Memory that this rank's keys and values take, in whole pages.
  int64_t bytes() const { return rows_.touched_bytes(); }

  // Where the next tokens are to live so that shards stay even: of a prompt they differ by less
  // than two granules, however many prompts follow one another, and by at most one token when
  // `granule` is 1.
  SequenceLayout NextPrompt(LayoutKind kind, int64_t num_tokens, int64_t granule = 1) const {
    return tokens_.NextPrompt(kind, num_tokens, granule);
  }
  SequenceLayout NextTokens(int64_t num_tokens) const { return tokens_.NextTokens(num_tokens); }

  // `shard` is this rank's part of new tokens laid out as `next`. Keeps their keys and values and
  // returns this rank's rows.
  at::Tensor Prefill(int64_t layer, const NewTokens& shard, const SequenceLayout& next,
                     RingMethod method = RingMethod::kRing);

  // `tokens` are all new tokens. Keeps those keys and values that `next` gives this rank and
  // returns all rows, the same bits on every rank.
  at::Tensor Decode(int64_t layer, const NewTokens& tokens, const SequenceLayout& next);

  // For who attends by itself: where this rank's keys and values of a layer lie, (B, G, K, D), with
  // room behind them for those that `next` gives it. Valid until the next call of Open, Prefill or
  // Decode for layer 0.
  struct LayerMemory {
    std::byte* k;
    std::byte* v;
    int64_t chain_bytes;  // from one chain to the next
    int64_t head_bytes;   // from one head to the next
  };
  LayerMemory Open(int64_t layer, const SequenceLayout& next);

  // [token of next]: how many of the keys this rank then holds it sees, itself included.
  std::vector<int64_t> NumVisible(const SequenceLayout& next) const;

  // Every layer has seen the new tokens.
  void Advance(const SequenceLayout& next) { tokens_.Append(next); }

  // Forgets every token from `num_tokens` on. REQUIRES: 0 <= num_tokens <= num_tokens().
  void Truncate(int64_t num_tokens);
  void Clear() { Truncate(0); }

 private:
  struct KeysAndValues {
    at::Tensor k_BGKD;
    at::Tensor v_BGKD;
  };

  // Writes behind what this rank holds of a layer, and returns all it then holds.
  KeysAndValues Append(int64_t layer, const NewTokens& shard, const SequenceLayout& next);
  int64_t ShardSize() const { return layout().ShardSize(ring_.rank()); }

  ShardedCacheOptions options_;
  Ring ring_;
  GrowingLayout tokens_;
  GrowingRows rows_;  // by layer, then keys and values, then chain, then head
};

}  // namespace ring

#endif  // RING_ATTENTION_SHARDED_CACHE_H_
