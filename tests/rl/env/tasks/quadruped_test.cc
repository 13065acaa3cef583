#include "rl/env/tasks/quadruped.h"

#include "rl/env/environment.h"
#include "rl/env/physics.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace rl {
namespace {

// The free joint: place, orientation (w, x, y, z); velocities along, then about the axes.
constexpr size_t kHeight = 2, kOrientation = 3;
constexpr size_t kForward = 0, kTurnX = 3;

class QuadrupedTest : public ::testing::Test {
 protected:
  static double Reward(const char* task, const Physics& physics) {
    return LoadTask(task, tests::Assets()).task->Reward(physics);
  }
  std::vector<double> Observation() const {
    std::vector<double> observation(78);
    LoadTask("quadruped_walk", tests::Assets()).task->Observe(physics_, observation);
    return observation;
  }
  void Turn(double w, double x, double y, double z) {
    const double quaternion[] = {w, x, y, z};
    std::copy_n(quaternion, 4, physics_.mutable_positions().begin() + kOrientation);
  }

  Physics physics_{LoadTask("quadruped_walk", tests::Assets()).models};
};

TEST_F(QuadrupedTest, StandingPaysStandInFullAndTheSpeedsHalf) {
  physics_.UpdateKinematics();
  EXPECT_EQ(Reward("quadruped_stand", physics_), 1);
  EXPECT_EQ(Reward("quadruped_walk", physics_), 0.5);
  EXPECT_EQ(Reward("quadruped_run", physics_), 0.5);
}

TEST_F(QuadrupedTest, SpeedIsPaidAlongTheTorsosOwnAxis) {
  physics_.mutable_velocities()[kForward] = 0.25;
  physics_.UpdateKinematics();
  EXPECT_NEAR(Reward("quadruped_walk", physics_), 0.75, 1e-12);
  EXPECT_NEAR(Reward("quadruped_run", physics_), 0.525, 1e-12);
  Turn(0, 0, 0, 1);  // faces the other way
  physics_.UpdateKinematics();
  EXPECT_NEAR(Reward("quadruped_walk", physics_), 0.25, 1e-12);
}

TEST_F(QuadrupedTest, JumpPaysTheHeightOfTheCenterOfMassUpToOneMeter) {
  physics_.mutable_positions()[kHeight] = 0;
  physics_.UpdateKinematics();
  const int sensor = Physics::SensorAddress(physics_.model(), "center_of_mass");
  const double offset = physics_.Sensor(sensor, kZ);  // of the centre of mass above the torso
  physics_.mutable_positions()[kHeight] = 0.6 - offset;
  physics_.UpdateKinematics();
  EXPECT_NEAR(Reward("quadruped_jump", physics_), 0.8, 1e-12);
  physics_.mutable_positions()[kHeight] = 3;
  physics_.UpdateKinematics();
  EXPECT_EQ(Reward("quadruped_jump", physics_), 1);
}

TEST_F(QuadrupedTest, OnItsSidePaysHalfAndOnItsBackNothing) {
  Turn(std::sqrt(0.5), std::sqrt(0.5), 0, 0);
  physics_.UpdateKinematics();
  EXPECT_NEAR(Reward("quadruped_stand", physics_), 0.5, 1e-12);
  Turn(0, 1, 0, 0);
  physics_.UpdateKinematics();
  for (const char* task : {"quadruped_stand", "quadruped_walk", "quadruped_run"}) {
    EXPECT_NEAR(Reward(task, physics_), 0, 1e-12) << task;
  }
}

TEST_F(QuadrupedTest, TheObservationIsJointsVelocityUprightImuAndFeet) {
  physics_.mutable_positions()[kHeight] = 2;  // falls freely
  physics_.mutable_positions()[7] = 0.1;
  physics_.mutable_velocities()[kForward] = 0.3;
  physics_.mutable_velocities()[kTurnX] = 0.4;
  physics_.mutable_velocities()[6] = 0.2;
  physics_.UpdateUnactuated();
  const std::vector<double> observation = Observation();
  EXPECT_EQ(observation[0], 0.1) << "first hinge's angle";
  EXPECT_EQ(observation[16], 0.2) << "first hinge's velocity";
  EXPECT_EQ(observation[32], 0) << "first activation";
  EXPECT_NEAR(observation[44], 0.3, 1e-12) << "velocity of the torso";
  EXPECT_NEAR(observation[47], 1, 1e-12) << "upright";
  EXPECT_NEAR(observation[51], 0.4, 1e-12) << "gyro, behind the accelerometer";
}

TEST_F(QuadrupedTest, EpisodesStartJustAboveTheFloorInAnyOrientation) {
  Environment environment(LoadTask("quadruped_run", tests::Assets()));
  int upright = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    environment.Reset(seed);
    Physics& physics = environment.physics();
    double norm = 0;
    for (size_t i = 0; i < 4; ++i) norm += std::pow(physics.positions()[kOrientation + i], 2);
    EXPECT_NEAR(norm, 1, 1e-12);
    EXPECT_EQ(physics.data().ncon, 0);
    for (const double velocity : physics.velocities()) EXPECT_EQ(velocity, 0);
    physics.mutable_positions()[kHeight] -= 0.0101;
    physics.UpdateUnactuated();
    EXPECT_GT(physics.data().ncon, 0) << "one step lower it touches, seed " << seed;
    upright += physics.BodyDirection(1, kZ, kZ) > 0;
  }
  EXPECT_NEAR(upright, 100, 30) << "half of the orientations point up";
}

}  // namespace
}  // namespace rl
