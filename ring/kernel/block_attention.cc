#include "ring/kernel/block_attention.h"

#include "ring/kernel/block_checks.h"
#include "ring/kernel/cpu_backward.h"
#include "ring/kernel/cpu_forward.h"
#include "ring/kernel/cuda_block_attention.h"

#include <c10/util/Exception.h>

namespace ring {
namespace {

void CheckDevice(const at::Tensor& q_BHQD) {
  TORCH_CHECK_VALUE(q_BHQD.is_cpu() || q_BHQD.is_cuda(),
                    "attention runs on a CPU or a GPU, got queries on ", q_BHQD.device());
}

}  // namespace

std::unique_ptr<ForwardPass> MakeForwardPass(const at::Tensor& q_BHQD, int64_t num_key_heads,
                                             int64_t max_keys,
                                             const BlockAttentionOptions& options) {
  CheckQueries(q_BHQD, num_key_heads, max_keys, options);
  CheckDevice(q_BHQD);
  if (q_BHQD.is_cuda()) return MakeFusedForwardPass(q_BHQD, num_key_heads, max_keys, options);
  return MakeCpuForwardPass(q_BHQD, num_key_heads, max_keys, options);
}

std::unique_ptr<BackwardPass> MakeBackwardPass(const at::Tensor& q_BHQD,
                                               const PartialAttention& whole,
                                               const at::Tensor& grad_out_BHQD,
                                               int64_t num_key_heads, int64_t max_keys,
                                               const BlockAttentionOptions& options) {
  CheckQueries(q_BHQD, num_key_heads, max_keys, options);
  CheckDevice(q_BHQD);
  const bool adjacent = grad_out_BHQD.dim() == 0 || grad_out_BHQD.stride(-1) == 1;
  const at::Tensor grad = adjacent ? grad_out_BHQD : grad_out_BHQD.contiguous();
  CheckWhole(q_BHQD, whole, grad, options.operands);
  if (q_BHQD.is_cuda()) {
    return MakeFusedBackwardPass({q_BHQD, whole, grad, num_key_heads, max_keys}, options);
  }
  return MakeCpuBackwardPass({q_BHQD, grad, num_key_heads, max_keys}, whole, options);
}

int64_t ForwardPassBytes(const BlockShape& shape, at::ScalarType operands) {
  return CpuForwardPassBytes(shape, operands);
}

int64_t BackwardPassBytes(const BlockShape& shape, at::ScalarType operands) {
  return CpuBackwardPassBytes(shape, operands);
}

}  // namespace ring
