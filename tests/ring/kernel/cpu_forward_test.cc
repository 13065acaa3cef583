#include "ring/kernel/cpu_forward.h"

#include "tests/ring/kernel/block_problem.h"
#include "tests/ring/kernel/counting_allocator.h"

#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>

namespace ring {
namespace {

const Mask kCausal = [](int64_t query, int64_t key) { return key <= query; };

PartialAttention Attend(const BlockInputs& inputs, const BlockVisibility& visibility,
                        const BlockAttentionOptions& options = {}) {
  auto pass = MakeForwardPass(inputs.q_BHQD, inputs.k_BGKD.size(1), inputs.k_BGKD.size(2), options);
  pass->Attend(inputs.k_BGKD, inputs.v_BGKD, visibility);
  return pass->Finish();
}

TEST(CpuForwardTest, AnyNumberOfThreadsGivesTheSameBits) {
  const BlockInputs inputs({.query_heads = 2, .queries = 700, .keys = 700, .head_dim = 24}, 301);
  const BlockVisibility visibility = VisibilityOf(kCausal, 700, 700);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const PartialAttention alone = Attend(inputs, visibility);
  for (const int threads : {2, 3, 5}) {
    at::set_num_threads(threads);
    const PartialAttention together = Attend(inputs, visibility);
    EXPECT_TRUE(at::equal(together.out_BHQD, alone.out_BHQD)) << threads;
    EXPECT_TRUE(at::equal(together.lse_BHQ, alone.lse_BHQ)) << threads;
  }
  at::set_num_threads(before);
}

TEST(CpuForwardTest, ResultIsStoredByToken) {
  const BlockInputs inputs({.batch = 2, .query_heads = 3, .queries = 5, .keys = 4}, 301);
  const at::Tensor out = Attend(inputs, VisibilityOf(kCausal, 5, 4)).out_BHQD;
  EXPECT_TRUE(out.transpose(1, 2).is_contiguous());
}

TEST(CpuForwardTest, NaNReachesTheRowsThatSeeItAndNoOthers) {
  BlockInputs inputs({.queries = 40, .keys = 40}, 301);
  inputs.k_BGKD[0][0][20][3] = std::numeric_limits<float>::quiet_NaN();
  const PartialAttention whole = Attend(inputs, VisibilityOf(kCausal, 40, 40));
  const at::Tensor is_nan_Q = whole.out_BHQD.isnan().any(-1)[0][0];
  EXPECT_FALSE(is_nan_Q.narrow(0, 0, 20).any().item<bool>());
  EXPECT_TRUE(is_nan_Q.narrow(0, 20, 20).all().item<bool>());
}

TEST(CpuForwardTest, LargeScoresDoNotOverflow) {
  BlockInputs inputs({.queries = 20, .keys = 30}, 301);
  inputs.q_BHQD = inputs.q_BHQD * 1000;
  const PartialAttention whole = Attend(inputs, VisibilityOf(kCausal, 20, 30));
  EXPECT_TRUE(whole.out_BHQD.isfinite().all().item<bool>());
  EXPECT_TRUE(whole.lse_BHQ.isfinite().all().item<bool>());
}

TEST(CpuForwardTest, NothingToAttendToOrFrom) {
  const BlockInputs no_keys({.queries = 3, .keys = 0}, 301);
  const PartialAttention hidden = Attend(no_keys, VisibilityOf(kCausal, 3, 0));
  EXPECT_EQ(hidden.out_BHQD.abs().sum().item<float>(), 0.0F);
  EXPECT_EQ(hidden.lse_BHQ.max().item<float>(), -std::numeric_limits<float>::infinity());
  const BlockInputs no_queries({.queries = 0, .keys = 3}, 301);
  EXPECT_EQ(Attend(no_queries, VisibilityOf(kCausal, 0, 3)).out_BHQD.numel(), 0);
}

TEST(CpuForwardTest, AllocatesWhatTheFormulaSaysAndNothingPerBlock) {
  const BlockShape shape = {
      .batch = 2, .query_heads = 4, .key_heads = 2, .queries = 300, .max_keys = 90, .head_dim = 20};
  const BlockInputs inputs(
      {.batch = 2, .query_heads = 4, .key_heads = 2, .queries = 300, .keys = 90, .head_dim = 20},
      301);
  const BlockVisibility visibility = VisibilityOf(kCausal, 300, 90);
  for (const at::ScalarType operands : {at::kFloat, at::kBFloat16, at::kDouble}) {
    const int64_t size = operands == at::kDouble ? 8 : 4;
    const int64_t results = size * 2 * 4 * 300 * (20 + 1);
    const CountingAllocator counter;
    auto pass = MakeForwardPass(inputs.q_BHQD, 2, 90, {.operands = operands});
    EXPECT_EQ(counter.bytes(), results + ForwardPassBytes(shape, operands));
    const int64_t calls = counter.calls();
    pass->Attend(inputs.k_BGKD, inputs.v_BGKD, visibility);
    pass->Attend(inputs.k_BGKD, inputs.v_BGKD, visibility);
    pass->Finish();
    EXPECT_EQ(counter.calls(), calls);
  }
}

// As ranks in one process do: each on a thread of its own.
TEST(CpuForwardTest, PassesOnSeveralThreadsDoNotDisturbEachOther) {
  const BlockInputs inputs({.query_heads = 2, .queries = 300, .keys = 300}, 301);
  const BlockVisibility visibility = VisibilityOf(kCausal, 300, 300);
  const at::Tensor expected = Attend(inputs, visibility).out_BHQD;
  std::vector<int> equal(4, 0);
  std::vector<std::thread> threads;
  for (int& each : equal) {
    threads.emplace_back([&inputs, &visibility, &expected, &each] {
      for (int i = 0; i < 5; ++i) {
        each += at::equal(Attend(inputs, visibility).out_BHQD, expected) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(equal, std::vector<int>(4, 5));
}

}  // namespace
}  // namespace ring
