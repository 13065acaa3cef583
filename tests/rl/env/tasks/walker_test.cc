#include "rl/env/tasks/walker.h"

#include "rl/env/environment.h"
#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <numbers>
#include <vector>

namespace rl {
namespace {

// Model coordinates, in order: rootz, rootx, rooty, then three joints per leg.
constexpr size_t kRootZ = 0, kRootX = 1, kRootY = 2;

class WalkerTest : public ::testing::Test {
 protected:
  static double Reward(const char* task, const Physics& physics) {
    return LoadTask(task, tests::Assets()).task->Reward(physics);
  }

  Physics physics_{LoadTask("walker_walk", tests::Assets()).models};
};

TEST_F(WalkerTest, StandingStillPaysStandInFullAndTheOthersASixth) {
  physics_.UpdateKinematics();  // the model's initial pose: upright, torso at 1.3 m
  EXPECT_EQ(Reward("walker_stand", physics_), 1);
  EXPECT_DOUBLE_EQ(Reward("walker_walk", physics_), 1.0 / 6);  // walking starts to pay at 0 m/s
  EXPECT_DOUBLE_EQ(Reward("walker_run", physics_), 1.0 / 6);
  EXPECT_DOUBLE_EQ(Reward("walker_flip", physics_), 1.0 / 6);
}

TEST_F(WalkerTest, SpeedIsPaidUpToTheTarget) {
  physics_.mutable_velocities()[kRootX] = 0.5;
  physics_.UpdateKinematics();
  EXPECT_NEAR(Reward("walker_walk", physics_), (5 * 0.5 + 1) / 6, 1e-12);
  EXPECT_NEAR(Reward("walker_run", physics_), (5 * 0.5 / 8 + 1) / 6, 1e-12);
  physics_.mutable_velocities()[kRootX] = 9;
  physics_.UpdateKinematics();
  EXPECT_EQ(Reward("walker_walk", physics_), 1);
  EXPECT_EQ(Reward("walker_run", physics_), 1);
}

TEST_F(WalkerTest, SpinningForwardPaysFlipAndSpinningBackDoesNot) {
  physics_.mutable_velocities()[kRootY] = 20;
  physics_.UpdateKinematics();
  const double one_way = Reward("walker_flip", physics_);
  physics_.mutable_velocities()[kRootY] = -20;
  physics_.UpdateKinematics();
  const double other_way = Reward("walker_flip", physics_);
  EXPECT_DOUBLE_EQ(std::max(one_way, other_way), 1);
  EXPECT_DOUBLE_EQ(std::min(one_way, other_way), 1.0 / 6);
}

TEST_F(WalkerTest, UpsideDownOnTheFloorPaysAlmostNothing) {
  physics_.mutable_positions()[kRootZ] = -1.3;  // torso at height 0: two margins low
  physics_.mutable_positions()[kRootY] = std::numbers::pi;
  physics_.UpdateKinematics();
  EXPECT_NEAR(Reward("walker_stand", physics_), 0.75 * 1e-4, 1e-12);  // 0.1^(2^2)
}

TEST_F(WalkerTest, EpisodesStartWithinTheJointsLimitsAndAtRest) {
  const SharedTask shared = LoadTask("walker_walk", tests::Assets());
  Environment environment(shared);
  const mjModel& model = environment.physics().model();
  for (uint64_t seed = 0; seed < 200; ++seed) {
    environment.Reset(seed);
    const auto positions = environment.physics().positions();
    EXPECT_EQ(positions[kRootZ], 0);
    EXPECT_EQ(positions[kRootX], 0);
    EXPECT_LE(std::abs(positions[kRootY]), std::numbers::pi);
    for (size_t joint = 3; joint < 9; ++joint) {
      EXPECT_GE(positions[joint], model.jnt_range[2 * joint]);
      EXPECT_LE(positions[joint], model.jnt_range[2 * joint + 1]);
      EXPECT_NE(positions[joint], 0);
    }
    for (const double velocity : environment.physics().velocities()) EXPECT_EQ(velocity, 0);
  }
}

}  // namespace
}  // namespace rl
