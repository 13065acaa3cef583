// Needs a GPU; skipped visibly without one. The cases are those of cuda_block_attention_test.cc.
#include "ring/kernel/cuda_fused_kernel.h"

#include "tests/ring/kernel/fused_case.h"
#include "tests/support/tolerance.h"

#include <ATen/Context.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace ring {
namespace {

class CudaFusedKernelTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!at::globalContext().hasCUDA()) GTEST_SKIP() << "no GPU";
  }
};

BlockInputs OnGpu(BlockInputs inputs) {
  for (at::Tensor* tensor :
       {&inputs.q_BHQD, &inputs.k_BGKD, &inputs.v_BGKD, &inputs.grad_out_BHQD}) {
    *tensor = tensor->to(at::kCUDA);
  }
  return inputs;
}

double ErrorOf(const FusedCase& test, at::ScalarType type) {
  const BlockInputs inputs(test.sizes, /*seed=*/301, type);
  const BlockAnswers dense =
      DenseAnswers(inputs, MatrixOf(test.mask, test.sizes.queries, test.sizes.keys));
  const BlockAnswers ours =
      FusedAnswers(test, OnGpu(inputs), {.operands = type}, CudaFusedKernel());
  EXPECT_TRUE(ours.out_BHQD.is_cuda());
  return FusedError(ours, dense);
}

// float32 without TF32, which is the library's default: sums of at most 301 terms in another order.
TEST_F(CudaFusedKernelTest, EqualsTheDenseOracleInFloat32) {
  for (const FusedCase& test : FusedCases()) {
    EXPECT_LT(ErrorOf(test, at::kFloat), tests::Tolerance(5e-6)) << test.name;
  }
}

// bfloat16 rounds weights, averages and gradients to 8 bits.
TEST_F(CudaFusedKernelTest, EqualsTheDenseOracleInBfloat16) {
  for (const FusedCase& test : FusedCases()) {
    EXPECT_LT(ErrorOf(test, at::kBFloat16), tests::Tolerance(1.5e-2)) << test.name;
  }
}

TEST_F(CudaFusedKernelTest, RefusesFloat64) {
  const BlockInputs inputs = OnGpu(BlockInputs({}, /*seed=*/301, at::kDouble));
  EXPECT_THROW(MakeFusedForwardPass(inputs.q_BHQD, 1, 1, {.operands = at::kDouble}),
               c10::ValueError);
}

}  // namespace
}  // namespace ring
