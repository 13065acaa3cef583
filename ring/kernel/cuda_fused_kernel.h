// The fused attention kernels of the library, behind one small interface.
//
// They work on one rectangle of visible pairs (cuda_pieces.h) and differ in what they take and in
// what they leave behind; whoever calls them here need not know. Tests call a processor's kernel
// through the same interface, so that everything but the two functions below runs without a GPU.
//
// Shapes: B batch, G heads (of keys and of queries alike), Q queries, K keys, D head dimension.
#ifndef RING_KERNEL_CUDA_FUSED_KERNEL_H_
#define RING_KERNEL_CUDA_FUSED_KERNEL_H_

#include "ring/kernel/partial_attention.h"

#include <ATen/core/Tensor.h>

namespace ring {

struct FusedProblem {
  at::Tensor q_BGQD, k_BGKD, v_BGKD;  // of one type, D a multiple of 8
  at::Tensor bias_QK;                 // undefined: none
  bool is_causal = false;             // with as many keys as queries, and no bias
  double scale = 1.0;
};

struct FusedGradients {
  at::Tensor grad_q_BGQD, grad_k_BGKD, grad_v_BGKD;
};

class FusedKernel {
 public:
  virtual ~FusedKernel() = default;

  // `out` has the type of the queries, `lse` is in full precision. Rows whose bias hides every key
  // may hold anything, NaN included.
  virtual PartialAttention Forward(const FusedProblem& problem) const = 0;

  // Given the whole softmax's finite `lse`, and its `out` and gradient in the queries' type.
  virtual FusedGradients Backward(const FusedProblem& problem, const PartialAttention& whole,
                                  const at::Tensor& grad_out_BGQD) const = 0;
};

// On CUDA tensors: flash attention for bfloat16 without a bias, else memory-efficient attention,
// which knows float32 and a bias. Lives as long as the process.
const FusedKernel& CudaFusedKernel();

}  // namespace ring

#endif  // RING_KERNEL_CUDA_FUSED_KERNEL_H_
