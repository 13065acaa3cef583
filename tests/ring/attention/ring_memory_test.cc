#include "ring/attention/ring_memory.h"

#include "tests/ring/attention/ring_case.h"
#include "tests/ring/random_tensors.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace ring {
namespace {

AttentionPlan PlanFor(int ring_size, int64_t tokens_per_rank,
                      std::optional<at::ScalarType> operands = std::nullopt) {
  const at::Tensor x = at::empty({1, 2, tokens_per_rank, 32});
  const SequenceLayout alone = SequenceLayout::Contiguous(tokens_per_rank, 1);
  AttentionPlan plan = MakeAttentionPlan(x, x, x, {.operands = operands}, alone, Ring());
  plan.keys = plan.queries = SequenceLayout::Zigzag(tokens_per_rank * ring_size, ring_size);
  return plan;
}

TEST(RingMemoryTest, DoesNotGrowWithTheRing) {
  for (const bool shared : {false, true}) {
    const RingMemory three = PredictRingMemory(PlanFor(3, 1024), 4, shared);
    for (const int ring_size : {4, 16, 512}) {
      const RingMemory many = PredictRingMemory(PlanFor(ring_size, 1024), 4, shared);
      EXPECT_EQ(many.forward_bytes, three.forward_bytes);
      EXPECT_EQ(many.backward_bytes, three.backward_bytes);
    }
  }
}

TEST(RingMemoryTest, FallsAsTheRingSharesOneContext) {
  const auto backward = [](int ring_size) {
    return PredictRingMemory(PlanFor(ring_size, 65536 / ring_size), 4, false).backward_bytes;
  };
  // All of it but the kernel's tiles, which are the same for any shard.
  EXPECT_NEAR(static_cast<double>(backward(4)) / static_cast<double>(backward(16)), 4.0, 0.2);
}

// By hand, for 2 heads of 32 and 4096 tokens: a block is 2 * 4096 * 32 * 4 = 1 MiB. Forward holds
// q, k, v, out and two pairs of keys and values: 8. Backward holds q, k, v, out, their gradients, a
// pair of keys and values and four of gradients: 18. The rest is below a tenth.
TEST(RingMemoryTest, CountsBlocks) {
  at::set_num_threads(1);
  const RingMemory memory = PredictRingMemory(PlanFor(4, 4096), 4, false);
  constexpr double kBlock = 1 << 20;
  EXPECT_GT(static_cast<double>(memory.forward_bytes), 8 * kBlock);
  EXPECT_LT(static_cast<double>(memory.forward_bytes), 8.8 * kBlock);
  EXPECT_GT(static_cast<double>(memory.backward_bytes), 18 * kBlock);
  EXPECT_LT(static_cast<double>(memory.backward_bytes), 20 * kBlock);
}

TEST(RingMemoryTest, SharedMessagesAndNarrowOnesTakeLess) {
  const RingMemory plain = PredictRingMemory(PlanFor(4, 4096), 4, false);
  const RingMemory shared = PredictRingMemory(PlanFor(4, 4096), 4, true);
  const RingMemory narrow = PredictRingMemory(PlanFor(4, 4096, at::kBFloat16), 4, false);
  EXPECT_EQ(plain.forward_bytes - shared.forward_bytes, 2 << 20);
  EXPECT_EQ(plain.backward_bytes - shared.backward_bytes, 4 << 20);
  EXPECT_EQ(plain.forward_bytes - narrow.forward_bytes, 2 << 20);
}

}  // namespace
}  // namespace ring
