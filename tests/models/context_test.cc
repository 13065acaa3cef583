#include "models/context.h"

#include "tests/models/random_context.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

namespace models {
namespace {

TEST(ContextTest, EveryStepIsPrecededByTheOutcomeOfTheStepBefore) {
  const Context context = RandomContext(/*batch=*/2, /*steps=*/10, /*trajectory_steps=*/4);
  const PrecedingOutcomes before = OutcomesBefore(context, std::nullopt);
  for (int64_t step = 1; step < 10; ++step) {
    const StepOutcome outcome = OutcomeAt(context, step - 1);
    EXPECT_TRUE(at::equal(before.action_BSA.select(1, step), outcome.action_BA));
    EXPECT_TRUE(at::equal(before.reward_BS.select(1, step), outcome.reward_B));
    EXPECT_TRUE(at::equal(before.completed_BS.select(1, step), outcome.completed_B));
    EXPECT_TRUE(at::equal(before.trajectory_BS.select(1, step), outcome.trajectory_B));
  }
}

TEST(ContextTest, AContextThatBeginsIsPrecededByNothingOfATrajectoryThatIsNoneOfIts) {
  const Context context = RandomContext(2, 10, 4);
  const PrecedingOutcomes before = OutcomesBefore(context, std::nullopt);
  EXPECT_EQ(before.action_BSA.select(1, 0).abs().max().item<double>(), 0.0);
  EXPECT_EQ(before.reward_BS.select(1, 0).abs().max().item<double>(), 0.0);
  EXPECT_TRUE(before.trajectory_BS.select(1, 0).lt(0).all().item<bool>());
}

TEST(ContextTest, AContextThatContinuesIsPrecededByTheOutcomeGiven) {
  const Context context = RandomContext(2, 10, 4);
  const Context rest = Narrow(context, 6, 4);
  const PrecedingOutcomes whole = OutcomesBefore(context, std::nullopt);
  const PrecedingOutcomes before = OutcomesBefore(rest, OutcomeAt(context, 5));
  EXPECT_TRUE(at::equal(before.action_BSA, whole.action_BSA.narrow(1, 6, 4)));
  EXPECT_TRUE(at::equal(before.trajectory_BS, whole.trajectory_BS.narrow(1, 6, 4)));
}

TEST(ContextTest, TheShardOfARingOfOneIsTheWhole) {
  const Context context = RandomContext(2, 10, 4);
  const ContextShard shard = TakeShard(context, ring::LayoutKind::kZigzag, ring::Ring());
  EXPECT_EQ(shard.num_steps, 10);
  EXPECT_TRUE(at::equal(shard.context.observation_BSO, context.observation_BSO));
  EXPECT_TRUE(at::equal(shard.before.reward_BS, OutcomesBefore(context, std::nullopt).reward_BS));
}

}  // namespace
}  // namespace models
