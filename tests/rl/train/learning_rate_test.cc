#include "rl/train/learning_rate.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace rl {
namespace {

// Ten steps of warm-up to 0.1, then 20 steps of cosine down to a tenth of it.
const LearningRateOptions kOptions{
    .peak = 0.1, .warmup_steps = 10, .floor_share = 0.1, .schedule_steps = 30};

TEST(LearningRateTest, WarmsUpInEqualStepsAndStartsAboveZero) {
  EXPECT_DOUBLE_EQ(LearningRateAt(kOptions, 0), 0.01);
  EXPECT_DOUBLE_EQ(LearningRateAt(kOptions, 4), 0.05);
  EXPECT_DOUBLE_EQ(LearningRateAt(kOptions, 9), 0.1);
}

TEST(LearningRateTest, FollowsHalfACosineFromPeakToFloor) {
  EXPECT_DOUBLE_EQ(LearningRateAt(kOptions, 10), 0.1);
  // A third of the way cos(pi / 3) = 1/2: 0.01 + 0.09 * (1 + 1/2) / 2.
  LearningRateOptions thirds = kOptions;
  thirds.schedule_steps = 40;
  EXPECT_NEAR(LearningRateAt(thirds, 20), 0.0775, 1e-15);
  // Half-way the cosine is 0: the mean of peak and floor.
  EXPECT_NEAR(LearningRateAt(kOptions, 20), 0.055, 1e-15);
  EXPECT_NEAR(LearningRateAt(kOptions, 30), 0.01, 1e-15);
}

TEST(LearningRateTest, StaysAtTheFloorBehindTheSchedule) {
  EXPECT_NEAR(LearningRateAt(kOptions, 31), 0.01, 1e-15);
  EXPECT_NEAR(LearningRateAt(kOptions, 1'000'000), 0.01, 1e-15);
}

TEST(LearningRateTest, WithoutWarmUpStartsAtThePeak) {
  EXPECT_DOUBLE_EQ(LearningRateAt({.peak = 0.2, .warmup_steps = 0}, 0), 0.2);
}

TEST(LearningRateTest, RefusesSchedulesThatCannotBe) {
  EXPECT_THROW(Validate({.peak = 0}), std::invalid_argument);
  EXPECT_THROW(Validate({.floor_share = 1.5}), std::invalid_argument);
  EXPECT_THROW(Validate({.warmup_steps = 10, .schedule_steps = 10}), std::invalid_argument);
  EXPECT_NO_THROW(Validate(kOptions));
}

}  // namespace
}  // namespace rl
