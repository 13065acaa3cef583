#include "ring/kernel/cpu_backward.h"

#include "tests/ring/kernel/block_problem.h"
#include "tests/ring/kernel/counting_allocator.h"
#include "tests/support/tolerance.h"

#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

namespace ring {
namespace {

const Mask kCausal = [](int64_t query, int64_t key) { return key <= query; };

// One head and many keys: the case in which threads meet at dQ.
TEST(CpuBackwardTest, AnyNumberOfThreadsGivesTheSameBits) {
  const BlockInputs inputs({.queries = 900, .keys = 1300, .head_dim = 24}, 301);
  const Mask window = [](int64_t q, int64_t k) { return k < 150 || (k >= q && k < q + 400); };
  const std::vector<KeyBlock> block = {{.visibility = VisibilityOf(window, 900, 1300, 150)}};
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const BlockAnswers alone = KernelAnswers(inputs, block, {});
  for (const int threads : {2, 2, 3, 5, 8}) {
    at::set_num_threads(threads);
    const BlockAnswers together = KernelAnswers(inputs, block, {});
    EXPECT_TRUE(at::equal(together.grad_q_BHQD, alone.grad_q_BHQD)) << threads;
    EXPECT_TRUE(at::equal(together.grad_k_BGKD, alone.grad_k_BGKD)) << threads;
    EXPECT_TRUE(at::equal(together.grad_v_BGKD, alone.grad_v_BGKD)) << threads;
  }
  at::set_num_threads(before);
}

TEST(CpuBackwardTest, AddsToTheCallersGradients) {
  const BlockInputs inputs({.queries = 20, .keys = 30}, 301);
  const BlockVisibility visibility = VisibilityOf(kCausal, 20, 30);
  const BlockAnswers expected = KernelAnswers(inputs, {{.visibility = visibility}}, {});
  const BlockAttentionOptions options = {.scale = inputs.scale()};
  const PartialAttention whole = {expected.out_BHQD, expected.lse_BHQ};
  auto pass = MakeBackwardPass(inputs.q_BHQD, whole, inputs.grad_out_BHQD, 1, 30, options);
  at::Tensor grad_k = at::ones({1, 1, 30, 8}), grad_v = at::ones({1, 1, 30, 8});
  pass->Attend(inputs.k_BGKD, inputs.v_BGKD, visibility, grad_k, grad_v);
  EXPECT_LT(RelativeError(grad_k, expected.grad_k_BGKD + 1), tests::Tolerance(1e-6));
  EXPECT_LT(RelativeError(grad_v, expected.grad_v_BGKD + 1), tests::Tolerance(1e-6));
  EXPECT_EQ(grad_k[0][0][29][0].item<float>(), 1.0F);  // a key that nobody sees
}

// What autograd hands down after sum() or expand(): one number for the whole tensor.
TEST(CpuBackwardTest, TakesAGradientWithoutStrides) {
  BlockInputs inputs({.queries = 20, .keys = 30}, 301);
  const std::vector<KeyBlock> block = {{.visibility = VisibilityOf(kCausal, 20, 30)}};
  inputs.grad_out_BHQD = at::ones({1, 1, 1, 1}).expand({1, 1, 20, 8});
  const BlockAnswers expanded = KernelAnswers(inputs, block, {});
  inputs.grad_out_BHQD = at::ones({1, 1, 20, 8});
  const BlockAnswers plain = KernelAnswers(inputs, block, {});
  EXPECT_TRUE(at::equal(expanded.grad_q_BHQD, plain.grad_q_BHQD));
  EXPECT_TRUE(at::equal(expanded.grad_v_BGKD, plain.grad_v_BGKD));
}

TEST(CpuBackwardTest, NothingToAttendToGivesNoGradient) {
  const BlockInputs inputs({.queries = 3, .keys = 0}, 301);
  const BlockAnswers answers =
      KernelAnswers(inputs, {{.visibility = VisibilityOf(kCausal, 3, 0)}}, {});
  EXPECT_TRUE(at::equal(answers.grad_q_BHQD, at::zeros({1, 1, 3, 8})));
  const BlockInputs no_queries({.queries = 0, .keys = 3}, 301);
  const BlockAnswers none =
      KernelAnswers(no_queries, {{.visibility = VisibilityOf(kCausal, 0, 3)}}, {});
  EXPECT_TRUE(at::equal(none.grad_k_BGKD, at::zeros({1, 1, 3, 8})));
}

TEST(CpuBackwardTest, AllocatesWhatTheFormulaSaysAndNothingPerBlock) {
  const BlockShape shape = {
      .batch = 2, .query_heads = 4, .key_heads = 2, .queries = 300, .max_keys = 90, .head_dim = 20};
  const BlockInputs inputs(
      {.batch = 2, .query_heads = 4, .key_heads = 2, .queries = 300, .keys = 90, .head_dim = 20},
      301);
  const BlockVisibility visibility = VisibilityOf(kCausal, 300, 90);
  for (const at::ScalarType operands : {at::kFloat, at::kBFloat16, at::kDouble}) {
    const BlockAnswers forward =
        KernelAnswers(inputs, {{.visibility = visibility}}, {.operands = operands});
    at::Tensor grad_k = at::zeros_like(forward.grad_k_BGKD), grad_v = at::zeros_like(grad_k);
    const int64_t size = operands == at::kDouble ? 8 : 4;
    const CountingAllocator counter;
    auto pass = MakeBackwardPass(inputs.q_BHQD, {forward.out_BHQD, forward.lse_BHQ},
                                 inputs.grad_out_BHQD, 2, 90, {.operands = operands});
    EXPECT_EQ(counter.bytes(), size * 2 * 4 * 300 * 20 + BackwardPassBytes(shape, operands));
    const int64_t calls = counter.calls();
    pass->Attend(inputs.k_BGKD, inputs.v_BGKD, visibility, grad_k, grad_v);
    pass->Attend(inputs.k_BGKD, inputs.v_BGKD, visibility, grad_k, grad_v);
    pass->FinishGradQ();
    EXPECT_EQ(counter.calls(), calls);
  }
}

}  // namespace
}  // namespace ring
