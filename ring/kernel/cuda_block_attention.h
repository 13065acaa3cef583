// Attention of a block on a GPU: the passes of block_attention.h over fused kernels.
//
// Each block of keys is cut into rectangles (cuda_pieces.h), a fused kernel attends to one, and
// what it leaves behind is merged in float32 through the log-sum-exp. A bfloat16 kernel rounds the
// average of its own rectangle; sums over rectangles, blocks and hops are not rounded. Heads that
// share keys take turns, so keys are never copied for them.
//
// The library's backward kernels add with atomics: equal runs give equal bits only while the
// global context's deterministic algorithms are on.
#ifndef RING_KERNEL_CUDA_BLOCK_ATTENTION_H_
#define RING_KERNEL_CUDA_BLOCK_ATTENTION_H_

#include "ring/kernel/block_attention.h"
#include "ring/kernel/cuda_fused_kernel.h"

#include <cstdint>
#include <memory>

namespace ring {

// As MakeForwardPass() and MakeBackwardPass(), which have checked their arguments; `kernel` must
// outlive the pass. Throws c10::ValueError for float64 operands on a GPU and for dropout, which
// fused kernels do not offer.
std::unique_ptr<ForwardPass> MakeFusedForwardPass(const at::Tensor& q_BHQD, int64_t num_key_heads,
                                                  int64_t max_keys,
                                                  const BlockAttentionOptions& options,
                                                  const FusedKernel& kernel = CudaFusedKernel());

struct FusedBackwardInputs {
  at::Tensor q_BHQD;
  PartialAttention whole;
  at::Tensor grad_out_BHQD;
  int64_t num_key_heads = 1;
  int64_t max_keys = 0;
};

std::unique_ptr<BackwardPass> MakeFusedBackwardPass(const FusedBackwardInputs& inputs,
                                                    const BlockAttentionOptions& options,
                                                    const FusedKernel& kernel = CudaFusedKernel());

}  // namespace ring

#endif  // RING_KERNEL_CUDA_BLOCK_ATTENTION_H_
