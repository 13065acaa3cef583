// Exact attention of one block of queries over one block of keys, tile by tile: memory grows with
// Q + K and never with Q * K. Rests on ATen's CPU flash attention.
//
// Backward takes the results of the *whole* softmax, over this block and all others: the weights
// are exp(score - lse), so with the global lse each block's gradients are its exact share.
//
// Shapes: B batch, H heads, Q query tokens, K key tokens, D head dimension. float32 or float64, any
// strides with a contiguous last dimension.
#ifndef RING_KERNEL_FLASH_ATTENTION_H_
#define RING_KERNEL_FLASH_ATTENTION_H_

#include "ring/kernel/partial_attention.h"

#include <ATen/core/Tensor.h>

namespace ring {

// Which pairs of a block are visible: all of them, or query i sees keys 0 .. i (REQUIRES Q == K).
enum class BlockMask { kFull, kDiagonal };

// No keys at all is allowed, and hides every query.
PartialAttention FlashForward(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                              const at::Tensor& v_BHKD, BlockMask mask);

struct AttentionGradients {
  at::Tensor grad_q_BHQD;
  at::Tensor grad_k_BHKD;
  at::Tensor grad_v_BHKD;
};

// This block's share of the gradients. `whole` is the attention over all the keys the queries see.
AttentionGradients FlashBackward(const at::Tensor& grad_out_BHQD, const at::Tensor& q_BHQD,
                                 const at::Tensor& k_BHKD, const at::Tensor& v_BHKD,
                                 const PartialAttention& whole, BlockMask mask);

}  // namespace ring

#endif  // RING_KERNEL_FLASH_ATTENTION_H_
