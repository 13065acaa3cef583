// Attention of a few new queries over a long cache of keys: what acting needs at every step.
//
// Here the arithmetic is small and the cache is read once, so speed is memory bandwidth. Every
// (batch, head) row of the cache is read in order, a few keys for all queries; long rows are cut
// into spans so that one long chain can still use every core, and the spans' results merge exactly.
// The cut depends on the lengths alone, so results do not depend on the number of threads.
//
// Shapes: B batch, H heads, Q query tokens, K key tokens, D head dimension.
#ifndef RING_KERNEL_DECODE_ATTENTION_H_
#define RING_KERNEL_DECODE_ATTENTION_H_

#include "ring/kernel/partial_attention.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ring {

inline constexpr int64_t kMaxDecodeQueries = 8;

// Whether DecodeAttention can serve these tensors: few queries, float32 on the CPU, and keys and
// values whose rows of D floats are adjacent.
bool CanDecode(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD, const at::Tensor& v_BHKD);

// Attention of query i over the first num_visible[i] keys, which may be none, and its log-sum-exp:
// what a rank that holds some of the keys contributes. Not differentiable. `out` is stored as
// (B, Q, H, D). REQUIRES: CanDecode(), 0 <= num_visible[i] <= K.
PartialAttention DecodePartial(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                               const at::Tensor& v_BHKD, const std::vector<int64_t>& num_visible);

// Causal attention aligned at the end (query i sees keys 0 .. K - Q + i), or over all keys.
// Not differentiable. The result is stored as (B, Q, H, D). REQUIRES: CanDecode(), 1 <= Q <= K.
at::Tensor DecodeAttention(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                           const at::Tensor& v_BHKD, bool causal);  // -> out_BHQD

}  // namespace ring

#endif  // RING_KERNEL_DECODE_ATTENTION_H_
