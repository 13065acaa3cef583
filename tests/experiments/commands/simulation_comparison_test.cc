#include "experiments/commands/simulation_comparison.h"

#include <gtest/gtest.h>

#include <limits>

namespace experiments {
namespace {

TEST(SimulationComparisonTest, StatesMustBeEqualAndTheRestMayDifferInTheLastBits) {
  EXPECT_TRUE(IsEqual({}));
  EXPECT_TRUE(IsEqual({.max_abs_observation = 9e-15, .max_abs_reward = 9e-15}));
  EXPECT_FALSE(IsEqual({.max_abs_observation = 2e-14}));
  EXPECT_FALSE(IsEqual({.max_abs_reward = 2e-14}));
  EXPECT_FALSE(IsEqual({.max_abs_physics = 1e-300, .num_different_physics = 1}));
  EXPECT_FALSE(IsEqual({.max_abs_reward = std::numeric_limits<double>::infinity()}));
}

TEST(SimulationComparisonTest, TheWorstOfEpisodesIsTheWorstOfEachFigure) {
  const rl::RolloutDifference worst = Worst({{.max_abs_observation = 1, .num_different_physics = 2},
                                             {.max_abs_reward = 3, .num_different_physics = 4}});
  EXPECT_EQ(worst.max_abs_observation, 1);
  EXPECT_EQ(worst.max_abs_reward, 3);
  EXPECT_EQ(worst.num_different_physics, 6);
}

TEST(SimulationComparisonTest, OneTaskThatDiffersFailsAll) {
  const TaskComparison equal{.task = "a", .num_episodes = 1, .num_steps = 2, .worst = {}};
  TaskComparison different = equal;
  different.worst.num_different_physics = 1;
  EXPECT_TRUE(ReportTasks({equal, equal}, ""));
  EXPECT_FALSE(ReportTasks({equal, different}, ""));
}

}  // namespace
}  // namespace experiments
