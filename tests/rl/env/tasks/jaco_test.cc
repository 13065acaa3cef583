#include "rl/env/tasks/jaco.h"

#include "rl/env/environment.h"
#include "rl/env/physics.h"
#include "rl/env/tasks/jaco_model.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace rl {
namespace {

class JacoTest : public ::testing::Test {
 protected:
  JacoTest() { environment_.Reset(301); }

  // The present reward of a task, were the pinch site `distance` above its target.
  double RewardAbove(const std::string& corner, double x, double y, double distance) {
    mjData& data = environment_.physics().mutable_data();
    mjtNum* pinch =
        data.site_xpos + 3 * Physics::SiteId(environment_.physics().model(), kJacoPinchSite);
    pinch[0] = x;
    pinch[1] = y;
    pinch[2] = 0.001 + distance;
    return LoadTask("jaco_reach_" + corner, tests::Assets()).task->Reward(environment_.physics());
  }

  std::vector<double> Observation() const {
    std::vector<double> observation(42);
    environment_.Observe(std::span<double>(observation));
    return observation;
  }

  Environment environment_{LoadTask("jaco_reach_top_left", tests::Assets())};
};

TEST_F(JacoTest, EachTaskPaysWithinFiveCentimetersOfItsTarget) {
  EXPECT_EQ(RewardAbove("top_left", -0.09, 0.09, 0.049), 1);
  EXPECT_EQ(RewardAbove("top_right", 0.09, 0.09, 0.049), 1);
  EXPECT_EQ(RewardAbove("bottom_left", -0.09, -0.09, 0.049), 1);
  EXPECT_EQ(RewardAbove("bottom_right", 0.09, -0.09, 0.049), 1);
  EXPECT_LT(RewardAbove("bottom_right", -0.09, -0.09, 0), 1e-6);
}

TEST_F(JacoTest, TheRewardFallsToATenthOneMarginOutAndIsAFloat32) {
  const double reward = RewardAbove("top_left", -0.09, 0.09, 0.1);
  EXPECT_NEAR(reward, 0.1, 1e-8);
  EXPECT_EQ(reward, static_cast<double>(static_cast<float>(reward)));
}

TEST_F(JacoTest, TheObservationIsArmThenHand) {
  for (int step = 0; step < 3; ++step) environment_.Step(tests::UniformActions(9, 7));
  const Physics& physics = environment_.physics();
  const std::vector<double> observation = Observation();
  for (size_t joint = 0; joint < 6; ++joint) {
    EXPECT_EQ(observation[2 * joint], std::sin(physics.positions()[joint]));
    EXPECT_EQ(observation[2 * joint + 1], std::cos(physics.positions()[joint]));
    EXPECT_EQ(observation[18 + joint], physics.velocities()[joint]);
    const double torque = physics.data().sensordata[3 * joint + 2];
    EXPECT_NEAR(std::copysign(std::expm1(std::abs(observation[12 + joint])), torque), torque,
                1e-12 * std::abs(torque));
    EXPECT_NE(torque, 0);
  }
  for (size_t finger = 0; finger < 3; ++finger) {
    EXPECT_EQ(observation[24 + finger], physics.positions()[6 + finger]);
    EXPECT_EQ(observation[27 + finger], physics.velocities()[6 + finger]);
  }
  const int site = Physics::SiteId(physics.model(), kJacoPinchSite);
  EXPECT_TRUE(std::equal(observation.begin() + 30, observation.begin() + 33,
                         physics.data().site_xpos + 3 * site));
  EXPECT_TRUE(
      std::equal(observation.begin() + 33, observation.end(), physics.data().site_xmat + 9 * site));
}

TEST_F(JacoTest, AnActionOfOneDrivesAJointAtItsFullSpeed) {
  std::vector<float> action(9);
  action[0] = 1;
  for (int step = 0; step < 25; ++step) environment_.Step(action);  // a second
  EXPECT_NEAR(environment_.physics().velocities()[0], 36 * 3.14159265 / 180, 0.02);
}

}  // namespace
}  // namespace rl
