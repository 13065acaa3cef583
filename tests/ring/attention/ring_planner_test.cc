#include "ring/attention/ring_planner.h"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace ring {
namespace {

const MethodPrediction& Of(const RingPrediction& prediction, RingMethod method) {
  for (const MethodPrediction& one : prediction.methods) {
    if (one.method == method) return one;
  }
  throw std::logic_error("a method is missing");
}

// 8 chunks of 100 tokens over 4 ranks, 3 heads of 16, float32: small enough to count by hand.
RingProblem Small() {
  return {.num_tokens = 800, .ring_size = 4, .query_heads = 3, .key_heads = 3, .head_dim = 16};
}

constexpr RingRates kRates = {.flops_per_second = 1e6, .bytes_per_second = 2e4};

TEST(RingPlannerTest, CountsTheWorkOfACausalZigzagRing) {
  const MethodPrediction ring = Of(PredictRing(Small(), kRates), RingMethod::kRing);
  const double pairs = 800.0 * 801 / 2 / 4;  // a rank's quarter, exactly even
  EXPECT_DOUBLE_EQ(ring.forward.flops, 4 * 3 * 16 * pairs);
  EXPECT_DOUBLE_EQ(ring.backward.flops, 10 * 3 * 16 * pairs);
  EXPECT_DOUBLE_EQ(ring.forward.compute_seconds, 4 * 3 * 16 * pairs / 1e6);
}

TEST(RingPlannerTest, CountsTheBytesOfEveryHop) {
  const MethodPrediction ring = Of(PredictRing(Small(), kRates), RingMethod::kRing);
  const int64_t block = 2 * 3 * 200 * 16 * 4;  // keys and values of 200 tokens
  EXPECT_EQ(ring.forward.bytes_per_round, block);
  EXPECT_EQ(ring.forward.bytes_sent, 3 * block);
  // Three blocks out, and three gradients, the last of them home; both at once in rounds between.
  EXPECT_EQ(ring.backward.bytes_per_round, 2 * block);
  EXPECT_EQ(ring.backward.bytes_sent, 6 * block);
}

TEST(RingPlannerTest, BFloat16HalvesBlocksButNotGradients) {
  RingProblem problem = Small();
  problem.operands = at::kBFloat16;
  const MethodPrediction ring = Of(PredictRing(problem, kRates), RingMethod::kRing);
  const int64_t block = 2 * 3 * 200 * 16 * 2;
  EXPECT_EQ(ring.forward.bytes_sent, 3 * block);
  EXPECT_EQ(ring.backward.bytes_sent, 3 * block + 3 * 2 * block);
}

TEST(RingPlannerTest, GroupedHeadsTravelUnexpanded) {
  RingProblem problem = Small();
  problem.query_heads = 12;
  EXPECT_EQ(Of(PredictRing(problem, kRates), RingMethod::kRing).forward.bytes_sent,
            3 * 2 * 3 * 200 * 16 * 4);
}

TEST(RingPlannerTest, ExposesWhatHopsTakeLongerThanBlocks) {
  // Forward: 4 x 3 x 16 operations for each of 80,100 pairs, in 4 blocks of 3.8448 s. A hop of
  // 76,800 bytes takes 3.84 s: hidden.
  const RingPrediction hidden = PredictRing(Small(), kRates);
  EXPECT_DOUBLE_EQ(Of(hidden, RingMethod::kRing).forward.exposed_seconds, 0.0);
  // Half the bytes a second: each of three hops of 7.68 s is late.
  const RingPrediction late =
      PredictRing(Small(), {.flops_per_second = 1e6, .bytes_per_second = 1e4});
  EXPECT_NEAR(Of(late, RingMethod::kRing).forward.exposed_seconds, 3 * (7.68 - 3.8448), 1e-9);
}

TEST(RingPlannerTest, ThresholdIsFOverBForSixteenBitsWithoutAMask) {
  RingProblem problem = {.num_tokens = 4096,
                         .ring_size = 4,
                         .mask = {.causal = false},
                         .query_heads = 8,
                         .key_heads = 8,
                         .head_dim = 128,
                         .tensors = at::kBFloat16,
                         .operands = at::kBFloat16};
  const RingRates rates = {.flops_per_second = 3e14, .bytes_per_second = 1e11};
  EXPECT_DOUBLE_EQ(PredictRing(problem, rates).forward_threshold, 3000.0);
  // (2 + 4) / 5 of it: blocks of 2 bytes and gradients of 4, against 10 operations instead of 4.
  EXPECT_DOUBLE_EQ(PredictRing(problem, rates).backward_threshold, 3600.0);
  // Four query heads share one of keys: a quarter of the bytes for the same work.
  problem.key_heads = 2;
  EXPECT_DOUBLE_EQ(PredictRing(problem, rates).forward_threshold, 750.0);
  // A causal mask leaves half of the work: (4096 x 4097 / 2) of 4096^2 pairs.
  problem.mask = {};
  EXPECT_DOUBLE_EQ(PredictRing(problem, rates).forward_threshold, 750.0 * 2 * 4096 / 4097);
}

// The threshold and the clocks are computed apart; they must agree on where exposure begins.
TEST(RingPlannerTest, ExposureBeginsAtTheThreshold) {
  RingProblem problem = Small();
  problem.mask.causal = false;
  problem.num_tokens = 1 << 16;
  const RingRates rates = {.flops_per_second = 1e9, .bytes_per_second = 1e5};
  const int64_t least =
      static_cast<int64_t>(PredictRing(problem, rates).forward_threshold);  // 10,000 x 4 / 2
  EXPECT_EQ(least, 20'000);
  problem.num_tokens = 4 * (least + 1);
  EXPECT_EQ(Of(PredictRing(problem, rates), RingMethod::kRing).forward.exposed_seconds, 0.0);
  problem.num_tokens = 4 * (least - 1);
  EXPECT_GT(Of(PredictRing(problem, rates), RingMethod::kRing).forward.exposed_seconds, 0.0);
}

TEST(RingPlannerTest, AnExchangeIsAllExposed) {
  const RingPrediction prediction = PredictRing(Small(), kRates);
  const MethodPrediction gather = Of(prediction, RingMethod::kAllGather);
  const int64_t block = 2 * 3 * 200 * 16 * 4;
  EXPECT_EQ(gather.forward.bytes_sent, 3 * block);
  EXPECT_EQ(gather.backward.bytes_sent, 6 * block);
  EXPECT_DOUBLE_EQ(gather.forward.exposed_seconds, static_cast<double>(3 * block) / 2e4);
}

TEST(RingPlannerTest, ExchangedHeadsNeedAMultipleOfTheRing) {
  RingProblem problem = Small();
  EXPECT_THAT(Of(PredictRing(problem, kRates), RingMethod::kHeads).obstacle,
              ::testing::HasSubstr("3 key heads are no multiple of 4 ranks"));
  problem.query_heads = problem.key_heads = 4;
  const MethodPrediction heads = Of(PredictRing(problem, kRates), RingMethod::kHeads);
  EXPECT_EQ(heads.obstacle, "");
  // Three quarters of q, k, v and out, each 4 heads of 16 numbers of 4 bytes for 200 tokens.
  EXPECT_EQ(heads.forward.bytes_sent, 3 * 4 * (200 * 4 * 16 * 4) / 4);
}

TEST(RingPlannerTest, ChoosesTheRingWhereHopsHideAndTheExchangeWhereMessagesAreDear) {
  EXPECT_EQ(PredictRing(Small(), kRates).chosen, RingMethod::kRing);
  // Few heads of keys, short shards: blocks too small to hide a hop. Exchanging 8 heads moves more
  // than gathering one.
  const RingProblem shallow = {.num_tokens = 64, .ring_size = 4, .query_heads = 8, .key_heads = 4};
  const RingRates fast = {.flops_per_second = 1e12, .bytes_per_second = 1e9};
  EXPECT_NE(PredictRing(shallow, fast).chosen, RingMethod::kRing);
}

TEST(RingPlannerTest, NothingIsChosenThatDoesNotFit) {
  const RingPrediction all = PredictRing(Small(), kRates);
  const int64_t ring = Of(all, RingMethod::kRing).training_bytes;
  EXPECT_GT(Of(all, RingMethod::kAllGather).training_bytes, ring);
  EXPECT_EQ(PredictRing(Small(), kRates, ring).chosen, RingMethod::kRing);
  EXPECT_EQ(PredictRing(Small(), kRates, ring - 1).chosen, std::nullopt);
}

TEST(RingPlannerTest, EveryLayerKeepsItsRecord) {
  RingProblem problem = Small();
  const int64_t one = Of(PredictRing(problem, kRates), RingMethod::kRing).training_bytes;
  problem.layers = 3;
  // q, k, v and out of 3 heads of 16 numbers, and 3 log-sum-exps, for 200 tokens.
  const int64_t record = (4 * 3 * 16 + 3) * 200 * 4;
  EXPECT_EQ(Of(PredictRing(problem, kRates), RingMethod::kRing).training_bytes, one + 2 * record);
}

TEST(RingPlannerTest, TheLongestContextIsTheLastThatFits) {
  const RingProblem problem = Small();
  for (const RingMethod method : {RingMethod::kRing, RingMethod::kAllGather}) {
    const int64_t budget = Of(PredictRing(problem, kRates), method).training_bytes;
    const int64_t longest = LongestContext(problem, method, budget);
    EXPECT_GE(longest, problem.num_tokens);
    RingProblem more = problem;
    more.num_tokens = longest + 1;
    EXPECT_GT(Of(PredictRing(more, kRates), method).training_bytes, budget);
  }
  EXPECT_EQ(LongestContext(problem, RingMethod::kHeads, 1'000'000'000), 0);
  EXPECT_EQ(LongestContext(problem, RingMethod::kRing, 0), 0);
}

// 512 ranks of 2048 tokens, 32 heads of 128 in bfloat16, on accelerators of 400 TFLOP/s and links
// of 50 GB/s: below the threshold of a causal mask, so the planner must see exposed hops.
TEST(RingPlannerTest, PlansARingOf512) {
  const RingProblem problem = {.num_tokens = 512 * 2048,
                               .ring_size = 512,
                               .query_heads = 32,
                               .key_heads = 8,
                               .head_dim = 128,
                               .layers = 32,
                               .tensors = at::kBFloat16,
                               .operands = at::kBFloat16};
  const RingRates rates = {.flops_per_second = 4e14, .bytes_per_second = 5e10};
  const auto begin = std::chrono::steady_clock::now();
  const RingPrediction prediction = PredictRing(problem, rates);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(seconds.count(), 1.0);

  const MethodPrediction ring = Of(prediction, RingMethod::kRing);
  EXPECT_NEAR(ring.forward.flops, 4.0 * 32 * 128 * (1048576.0 * 1048577 / 2) / 512, 1e6);
  EXPECT_EQ(ring.forward.bytes_sent, 511 * (2 * int64_t{8} * 2048 * 128 * 2));
  EXPECT_NEAR(prediction.forward_threshold, 8000.0 / 4 * 2, 0.01);
  EXPECT_GT(ring.forward.exposed_seconds, 0.0);
  // What the ring is for: each rank holds 1/512, the gathered context not.
  EXPECT_GT(Of(prediction, RingMethod::kAllGather).forward_bytes, 20 * ring.forward_bytes);
}

TEST(RingPlannerTest, ARingOfOneSendsNothing) {
  RingProblem problem = Small();
  problem.ring_size = 1;
  const RingPrediction prediction = PredictRing(problem, kRates);
  EXPECT_EQ(prediction.chosen, RingMethod::kRing);
  EXPECT_EQ(prediction.forward_threshold, 0.0);
  for (const MethodPrediction& one : prediction.methods) {
    EXPECT_EQ(one.forward.bytes_sent, 0);
    EXPECT_EQ(one.backward.exposed_seconds, 0.0);
  }
}

TEST(RingPlannerTest, RefusesProblemsThatMakeNoSense) {
  RingProblem problem = Small();
  problem.query_heads = 4;  // of 3 key heads
  EXPECT_THROW(PredictRing(problem, kRates), c10::ValueError);
  EXPECT_THROW(PredictRing({.num_tokens = 8, .batch = 0}, kRates), c10::ValueError);
  EXPECT_THROW(PredictRing({.num_tokens = -1}, kRates), c10::ValueError);
  EXPECT_THROW(PredictRing(Small(), {.flops_per_second = 0, .bytes_per_second = 1}),
               c10::ValueError);
}

}  // namespace
}  // namespace ring
