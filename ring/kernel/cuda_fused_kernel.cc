#include "ring/kernel/cuda_fused_kernel.h"

#include <ATen/ops/_scaled_dot_product_efficient_attention.h>
#include <ATen/ops/_scaled_dot_product_efficient_attention_backward.h>
#include <ATen/ops/_scaled_dot_product_flash_attention.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_backward.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/zeros.h>

#include <array>
#include <limits>
#include <tuple>

namespace ring {
namespace {

constexpr int64_t kLogSumExpAlignment = 32;  // queries, in memory-efficient attention

bool UsesFlash(const FusedProblem& problem) {
  return problem.q_BGQD.scalar_type() == at::kBFloat16 && !problem.bias_QK.defined();
}

// Where the state of the generator would be; nothing reads it without dropout.
at::Tensor NoGenerator(const FusedProblem& problem) {
  return at::zeros({2}, problem.q_BGQD.options().dtype(at::kLong));
}

// One bias for every head of the batch, without copies.
at::Tensor BiasOf(const FusedProblem& problem) {
  if (!problem.bias_QK.defined()) return {};
  const at::Tensor& q = problem.q_BGQD;
  return problem.bias_QK.expand({q.size(0), q.size(1), q.size(2), problem.k_BGKD.size(2)});
}

PartialAttention FlashForward(const FusedProblem& problem) {
  const auto result = at::_scaled_dot_product_flash_attention(
      problem.q_BGQD, problem.k_BGKD, problem.v_BGKD, /*dropout_p=*/0.0, problem.is_causal,
      /*return_debug_mask=*/false, problem.scale);
  return {std::get<0>(result), std::get<1>(result)};
}

PartialAttention EfficientForward(const FusedProblem& problem) {
  const at::Tensor bias = BiasOf(problem);
  const auto result = at::_scaled_dot_product_efficient_attention(
      problem.q_BGQD, problem.k_BGKD, problem.v_BGKD,
      bias.defined() ? std::optional(bias) : std::nullopt, /*compute_log_sumexp=*/true,
      /*dropout_p=*/0.0, problem.is_causal, problem.scale);
  // The kernel rounds the number of queries up.
  return {std::get<0>(result), std::get<1>(result).narrow(2, 0, problem.q_BGQD.size(2))};
}

FusedGradients FlashBackward(const FusedProblem& problem, const PartialAttention& whole,
                             const at::Tensor& grad_out_BGQD) {
  const auto [grad_q, grad_k, grad_v] = at::_scaled_dot_product_flash_attention_backward(
      grad_out_BGQD, problem.q_BGQD, problem.k_BGKD, problem.v_BGKD, whole.out_BHQD,
      whole.lse_BHQ.contiguous(), /*cum_seq_q=*/{}, /*cum_seq_k=*/{}, problem.q_BGQD.size(2),
      problem.k_BGKD.size(2), /*dropout_p=*/0.0, problem.is_causal, NoGenerator(problem),
      NoGenerator(problem), problem.scale);
  return {grad_q, grad_k, grad_v};
}

FusedGradients EfficientBackward(const FusedProblem& problem, const PartialAttention& whole,
                                 const at::Tensor& grad_out_BGQD) {
  // Rows are padded as the forward kernel pads them: with an infinite normaliser they weigh
  // nothing.
  const int64_t padding =
      (kLogSumExpAlignment - whole.lse_BHQ.size(2) % kLogSumExpAlignment) % kLogSumExpAlignment;
  const at::Tensor lse =
      at::constant_pad_nd(whole.lse_BHQ, {0, padding}, std::numeric_limits<double>::infinity());
  const std::array<bool, 4> wanted{true, true, true, false};  // all but the bias
  const auto [grad_q, grad_k, grad_v, grad_bias] =
      at::_scaled_dot_product_efficient_attention_backward(
          grad_out_BGQD, problem.q_BGQD, problem.k_BGKD, problem.v_BGKD, BiasOf(problem),
          whole.out_BHQD, lse, NoGenerator(problem), NoGenerator(problem), /*dropout_p=*/0.0,
          wanted, problem.is_causal, problem.scale);
  return {grad_q, grad_k, grad_v};
}

class CudaKernel : public FusedKernel {
 public:
  PartialAttention Forward(const FusedProblem& problem) const override {
    return UsesFlash(problem) ? FlashForward(problem) : EfficientForward(problem);
  }

  FusedGradients Backward(const FusedProblem& problem, const PartialAttention& whole,
                          const at::Tensor& grad_out_BGQD) const override {
    return UsesFlash(problem) ? FlashBackward(problem, whole, grad_out_BGQD)
                              : EfficientBackward(problem, whole, grad_out_BGQD);
  }
};

}  // namespace

const FusedKernel& CudaFusedKernel() {
  static const CudaKernel kernel;
  return kernel;
}

}  // namespace ring
