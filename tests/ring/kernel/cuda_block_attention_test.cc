// The passes over fused kernels, on a processor: the library's fused kernel for processors stands
// in for a GPU's. cuda_fused_kernel_test.cc runs the same cases on a GPU.
#include "ring/kernel/cuda_block_attention.h"

#include "tests/ring/kernel/fused_case.h"
#include "tests/support/tolerance.h"

#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>
#include <ATen/ops/where.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <limits>
#include <tuple>

namespace ring {
namespace {

class ProcessorKernel : public FusedKernel {
 public:
  PartialAttention Forward(const FusedProblem& problem) const override {
    const auto [out, lse] = at::_scaled_dot_product_flash_attention_for_cpu(
        problem.q_BGQD, problem.k_BGKD, problem.v_BGKD, 0.0, problem.is_causal, Bias(problem),
        problem.scale);
    if (!problem.bias_QK.defined()) return {out, lse};
    // Kernels differ in what they leave in rows that see nothing; this is the worst of them.
    const double infinity = std::numeric_limits<double>::infinity();
    const at::Tensor hidden_Q = (problem.bias_QK == -infinity).all(-1);
    return {out.masked_fill(hidden_Q.unsqueeze(1), std::numeric_limits<double>::quiet_NaN()),
            lse.masked_fill(hidden_Q, infinity)};
  }

  FusedGradients Backward(const FusedProblem& problem, const PartialAttention& whole,
                          const at::Tensor& grad_out_BGQD) const override {
    const auto [grad_q, grad_k, grad_v] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        grad_out_BGQD, problem.q_BGQD, problem.k_BGKD, problem.v_BGKD, whole.out_BHQD,
        whole.lse_BHQ.contiguous(), 0.0, problem.is_causal, Bias(problem), problem.scale);
    return {grad_q, grad_k, grad_v};
  }

 private:
  static std::optional<at::Tensor> Bias(const FusedProblem& problem) {
    if (!problem.bias_QK.defined()) return std::nullopt;
    return problem.bias_QK.contiguous();
  }
};

// float64 loses a few hundred ulp to the order of sums; float32 is bounded by the library's kernel,
// whose exponential is good to about 20 ulp.
TEST(CudaBlockAttentionTest, EqualsTheDenseOracleForEveryMask) {
  const ProcessorKernel kernel;
  for (const auto& [type, tolerance] : {std::pair{at::kDouble, 1e-12}, {at::kFloat, 5e-6}}) {
    for (const FusedCase& test : FusedCases()) {
      const BlockInputs inputs(test.sizes, /*seed=*/301, type);
      const BlockAnswers dense =
          DenseAnswers(inputs, MatrixOf(test.mask, test.sizes.queries, test.sizes.keys));
      const BlockAnswers ours = FusedAnswers(test, inputs, {.operands = type}, kernel);
      EXPECT_EQ(ours.out_BHQD.scalar_type(), type);
      EXPECT_LT(FusedError(ours, dense), tests::Tolerance(tolerance)) << test.name << " " << type;
    }
  }
}

// bfloat16 has 8 bits: a kernel rounds each rectangle's average and gradient once, 2^-9 at worst,
// and weights inside. Sums over rectangles are float32, so blocks add nothing to that.
TEST(CudaBlockAttentionTest, SumsOfBfloat16KernelsAreFloat32) {
  const ProcessorKernel kernel;
  for (const FusedCase& test : FusedCases()) {
    const BlockInputs inputs(test.sizes, /*seed=*/301, at::kBFloat16);
    const BlockAnswers dense =
        DenseAnswers(inputs, MatrixOf(test.mask, test.sizes.queries, test.sizes.keys));
    const BlockAnswers ours = FusedAnswers(test, inputs, {.operands = at::kBFloat16}, kernel);
    EXPECT_EQ(ours.out_BHQD.scalar_type(), at::kFloat);
    EXPECT_LT(FusedError(ours, dense), tests::Tolerance(1.5e-2)) << test.name;
  }
}

TEST(CudaBlockAttentionTest, RefusesDropout) {
  const BlockInputs inputs({}, /*seed=*/301);
  BlockAttentionOptions options;
  options.dropout.probability = 0.1;
  const ProcessorKernel kernel;
  EXPECT_THROW(MakeFusedForwardPass(inputs.q_BHQD, 1, 1, options, kernel), c10::ValueError);
}

}  // namespace
}  // namespace ring
