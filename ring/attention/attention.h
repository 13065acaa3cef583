// Softmax attention over a context that a ring of ranks shares: the one call models make.
//
//   out[q] = sum_k softmax_k(q . k / sqrt(D)) v[k]    over the keys the mask lets q see
//
// Exact, differentiable, and never a Q x K matrix in memory: forward keeps (out, lse) and backward
// recomputes the weights from them, tile by tile.
//
// Shapes: B batch, H heads, Q query tokens, K key tokens, D head dimension. A causal query sees the
// keys up to its own position, where the queries are the *last* Q tokens of the context: with
// Q < K they continue a sequence whose earlier keys are already known.
#ifndef RING_ATTENTION_ATTENTION_H_
#define RING_ATTENTION_ATTENTION_H_

#include "ring/layout/sequence_layout.h"
#include "ring/ring.h"

#include <ATen/core/Tensor.h>

namespace ring {

struct AttentionMask {
  bool causal = true;  // aligned at the end: query i sees keys 0 .. K - Q + i
};

// This rank's rows of the attention. All three tensors are this rank's shards, float32 or float64,
// any strides as long as the last dimension is contiguous ((B, T, H, D) storage seen as BHTD costs
// no copy). `layout` says where the shards' tokens lie in the context; its num_tokens is K.
// Throws c10::ValueError for shapes that do not fit together, or a causal mask with Q > K.
at::Tensor Attention(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD, const at::Tensor& v_BHKD,
                     const AttentionMask& mask, const SequenceLayout& layout, const Ring& ring);

}  // namespace ring

#endif  // RING_ATTENTION_ATTENTION_H_
