#include "ring/kernel/flash_attention.h"

#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros_like.h>

#include <limits>
#include <utility>

namespace ring {
namespace {

// ATen reads rows with unit stride and does not check it.
at::Tensor WithContiguousRows(const at::Tensor& x_BHTD) {
  return x_BHTD.stride(-1) == 1 ? x_BHTD : x_BHTD.contiguous();
}

// ATen aligns its causal mask at the first key; only for a square block is that the diagonal.
bool IsCausal(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD, BlockMask mask) {
  if (mask == BlockMask::kFull) return false;
  TORCH_CHECK(q_BHQD.size(2) == k_BHKD.size(2), "a diagonal block is square, but has ",
              q_BHQD.size(2), " queries and ", k_BHKD.size(2), " keys");
  return true;
}

bool IsEmpty(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD) {
  return q_BHQD.numel() == 0 || k_BHKD.size(2) == 0;
}

}  // namespace

PartialAttention FlashForward(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                              const at::Tensor& v_BHKD, BlockMask mask) {
  const bool causal = IsCausal(q_BHQD, k_BHKD, mask);
  if (IsEmpty(q_BHQD, k_BHKD)) {
    return {.out_BHQD = at::zeros_like(q_BHQD),
            .lse_BHQ = at::full(q_BHQD.sizes().slice(0, 3),
                                -std::numeric_limits<double>::infinity(), q_BHQD.options())};
  }
  auto [out_BHQD, lse_BHQ] = at::_scaled_dot_product_flash_attention_for_cpu(
      WithContiguousRows(q_BHQD), WithContiguousRows(k_BHKD), WithContiguousRows(v_BHKD),
      /*dropout_p=*/0.0, causal);
  return {.out_BHQD = std::move(out_BHQD), .lse_BHQ = std::move(lse_BHQ)};
}

AttentionGradients FlashBackward(const at::Tensor& grad_out_BHQD, const at::Tensor& q_BHQD,
                                 const at::Tensor& k_BHKD, const at::Tensor& v_BHKD,
                                 const PartialAttention& whole, BlockMask mask) {
  const bool causal = IsCausal(q_BHQD, k_BHKD, mask);
  if (IsEmpty(q_BHQD, k_BHKD)) {
    return {at::zeros_like(q_BHQD), at::zeros_like(k_BHKD), at::zeros_like(v_BHKD)};
  }
  auto [grad_q, grad_k, grad_v] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
      WithContiguousRows(grad_out_BHQD), WithContiguousRows(q_BHQD), WithContiguousRows(k_BHKD),
      WithContiguousRows(v_BHKD), whole.out_BHQD, whole.lse_BHQ, /*dropout_p=*/0.0, causal);
  return {std::move(grad_q), std::move(grad_k), std::move(grad_v)};
}

}  // namespace ring
