// Attention as the textbook writes it, in double precision and with the whole Q x K matrix in
// memory: the oracle every other kernel is tested against. Not for use outside tests.
//
// Shapes: B batch, H heads, Q query tokens, K key tokens, D head dimension.
#ifndef RING_KERNEL_DENSE_ATTENTION_H_
#define RING_KERNEL_DENSE_ATTENTION_H_

#include "ring/kernel/partial_attention.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ring {

// True where a causal query sees a key when the queries are the last Q of K tokens. CPU, bool.
at::Tensor CausalVisibility(int64_t num_queries, int64_t num_keys);  // -> visible_QK

// Attention of every query over the keys that `visible_QK` (bool) shows it; undefined shows all.
// Inputs of any float type; the result is float64 and differentiable by autograd. A query that sees
// no key gets out = 0, lse = -infinity and no gradient.
PartialAttention DenseAttention(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                                const at::Tensor& v_BHKD, const at::Tensor& visible_QK);

}  // namespace ring

#endif  // RING_KERNEL_DENSE_ATTENTION_H_
