// What attention of a block demands of its inputs, said in one place for every device.
#ifndef RING_KERNEL_BLOCK_CHECKS_H_
#define RING_KERNEL_BLOCK_CHECKS_H_

#include "ring/kernel/block_attention.h"

#include <cstdint>

namespace ring {

// The type of results: float64 for float64 operands, else float32.
at::ScalarType ResultType(at::ScalarType operands);

// All throw c10::ValueError with the sizes or types in question.
void CheckQueries(const at::Tensor& q_BHQD, int64_t num_key_heads, int64_t max_keys,
                  const BlockAttentionOptions& options);
void CheckWhole(const at::Tensor& q_BHQD, const PartialAttention& whole,
                const at::Tensor& grad_out_BHQD, at::ScalarType operands);
void CheckOptions(const BlockAttentionOptions& options);

// What every block of a pass has in common with the pass.
struct BlockLimits {
  int64_t batch = 0, key_heads = 0, queries = 0, max_keys = 0, head_dim = 0;
};
void CheckBlock(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD,
                const BlockVisibility& visibility, const BlockLimits& limits);
void CheckKeyGradient(const at::Tensor& grad_BGKD, const at::Tensor& k_BGKD,
                      at::ScalarType operands);

}  // namespace ring

#endif  // RING_KERNEL_BLOCK_CHECKS_H_
