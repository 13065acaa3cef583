// Exact attention of one block of queries over blocks of keys that arrive one at a time.
//
// A pass is made once per call of attention and fed every block of keys this rank gets to see, in
// any number and order. It keeps its partial results un-normalised and in full precision, so
// nothing is rounded, rescaled or allocated between blocks, and memory is that of the queries'
// block and never of Q x K. Backward takes the log-sum-exp of the *whole* softmax, over this block
// and all others: with it each block's gradients are its exact share.
//
// Shapes: B batch, H heads of queries, G heads of keys (H is a multiple of G: query head h reads
// key head h / (H / G)), Q query tokens, K key tokens of a block, D head dimension, at most 256.
//
// Types: queries, keys and values are float32, float64 or bfloat16, any strides with a contiguous
// last dimension. `operands` is what products are computed from, their sums are float32 always
// (float64 for float64); results and gradients have that type too.
//
// Results depend on the order of the blocks but not on the number of threads, and are the same from
// run to run. One parallel region per call; waits yield.
#ifndef RING_KERNEL_BLOCK_ATTENTION_H_
#define RING_KERNEL_BLOCK_ATTENTION_H_

#include "ring/kernel/block_visibility.h"
#include "ring/kernel/partial_attention.h"

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <memory>

namespace ring {

// Dropout of attention weights: whether a weight is kept is a hash of (seed, layer, chain, head,
// query position, key position) and of nothing else, so it is the same at every ring size.
struct AttentionDropout {
  double probability = 0.0;  // 0 <= probability < 1; kept weights grow by 1 / (1 - probability)
  uint64_t seed = 0;         // of this training step
  int64_t layer = 0;
  int64_t first_chain = 0;  // global index of row 0 of the batch
  int64_t first_head = 0;   // global index of query head 0 (ranks may hold some heads each)
};

struct BlockAttentionOptions {
  double scale = 1.0;                    // of the scores; 1 / sqrt(D) is the caller's business
  at::ScalarType operands = at::kFloat;  // kFloat, kDouble or kBFloat16
  AttentionDropout dropout = {};
};

// The bytes per rank of a pass, which the memory formula of ring/README.md is made of.
struct BlockShape {
  int64_t batch = 0, query_heads = 0, key_heads = 0, queries = 0, max_keys = 0, head_dim = 0;
};

class ForwardPass {
 public:
  virtual ~ForwardPass() = default;

  // Adds what `q` sees of one block. REQUIRES: the block has at most BlockShape::max_keys keys, and
  // visibility speaks of exactly these queries and keys.
  virtual void Attend(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD,
                      const BlockVisibility& visibility) = 0;

  // (out, lse) over all blocks so far, in full precision, out stored as (B, Q, H, D). A query that
  // has seen no key gets out = 0, lse = -infinity. The pass is over.
  virtual PartialAttention Finish() = 0;
};

class BackwardPass {
 public:
  virtual ~BackwardPass() = default;

  // Adds this block's share to the gradient of the queries (kept in the pass) and to `grad_k`,
  // `grad_v` (B, G, K, D; full precision; the caller's, not zeroed here).
  virtual void Attend(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD,
                      const BlockVisibility& visibility, at::Tensor& grad_k_BGKD,
                      at::Tensor& grad_v_BGKD) = 0;

  // Stored as (B, Q, H, D). The pass is over.
  virtual at::Tensor FinishGradQ() = 0;  // -> grad_q_BHQD
};

// On the device of `q`. The queries must outlive the pass and stay as they are. Throws
// c10::ValueError for types, shapes or devices that cannot be served.
std::unique_ptr<ForwardPass> MakeForwardPass(const at::Tensor& q_BHQD, int64_t num_key_heads,
                                             int64_t max_keys,
                                             const BlockAttentionOptions& options);

// `whole` is what the forward pass returned: its unrounded `out` makes Delta = rowsum(grad_out
// out).
std::unique_ptr<BackwardPass> MakeBackwardPass(const at::Tensor& q_BHQD,
                                               const PartialAttention& whole,
                                               const at::Tensor& grad_out_BHQD,
                                               int64_t num_key_heads, int64_t max_keys,
                                               const BlockAttentionOptions& options);

// What a pass allocates, in bytes, besides its inputs and outputs.
int64_t ForwardPassBytes(const BlockShape& shape, at::ScalarType operands);
int64_t BackwardPassBytes(const BlockShape& shape, at::ScalarType operands);

}  // namespace ring

#endif  // RING_KERNEL_BLOCK_ATTENTION_H_
