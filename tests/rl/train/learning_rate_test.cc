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

TEST(LearningRateTest, FallsInAStraightLineFromPeakToFloor) {
  LearningRateOptions linear = kOptions;
  linear.schedule = "linear";
  EXPECT_DOUBLE_EQ(LearningRateAt(linear, 4), 0.05);
  EXPECT_DOUBLE_EQ(LearningRateAt(linear, 10), 0.1);
  // A quarter of the way from 0.1 to 0.01.
  EXPECT_NEAR(LearningRateAt(linear, 15), 0.0775, 1e-15);
  EXPECT_NEAR(LearningRateAt(linear, 30), 0.01, 1e-15);
  EXPECT_NEAR(LearningRateAt(linear, 99), 0.01, 1e-15);
}

TEST(LearningRateTest, StaysAtThePeakWhenConstant) {
  LearningRateOptions constant = kOptions;
  constant.schedule = "constant";
  EXPECT_DOUBLE_EQ(LearningRateAt(constant, 4), 0.05);
  EXPECT_DOUBLE_EQ(LearningRateAt(constant, 10), 0.1);
  EXPECT_DOUBLE_EQ(LearningRateAt(constant, 1'000'000), 0.1);
}

// The tenth update has the peak; the fortieth, four times as many, half of it; the floor is a
// tenth.
TEST(LearningRateTest, FallsWithTheSquareRootOfTheUpdates) {
  LearningRateOptions root = kOptions;
  root.schedule = "inverse_sqrt";
  EXPECT_DOUBLE_EQ(LearningRateAt(root, 9), 0.1);
  EXPECT_DOUBLE_EQ(LearningRateAt(root, 39), 0.05);
  EXPECT_DOUBLE_EQ(LearningRateAt(root, 999), 0.01);
  EXPECT_DOUBLE_EQ(LearningRateAt(root, 5'000), 0.01);
  root.warmup_steps = 0;
  EXPECT_DOUBLE_EQ(LearningRateAt(root, 3), 0.05);
}

TEST(LearningRateTest, WithoutWarmUpStartsAtThePeak) {
  EXPECT_DOUBLE_EQ(LearningRateAt({.peak = 0.2, .warmup_steps = 0}, 0), 0.2);
}

TEST(LearningRateTest, RefusesSchedulesThatCannotBe) {
  EXPECT_THROW(Validate({.peak = 0}), std::invalid_argument);
  EXPECT_THROW(Validate({.schedule = "step"}), std::invalid_argument);
  EXPECT_THROW(Validate({.floor_share = 1.5}), std::invalid_argument);
  EXPECT_THROW(Validate({.warmup_steps = 10, .schedule_steps = 10}), std::invalid_argument);
  EXPECT_NO_THROW(Validate(kOptions));
}

}  // namespace
}  // namespace rl
