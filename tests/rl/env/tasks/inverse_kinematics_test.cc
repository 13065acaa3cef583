#include "rl/env/tasks/inverse_kinematics.h"

#include "rl/env/mujoco_handles.h"
#include "rl/env/physics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace rl {
namespace {

// A sliding table under an arm of three hinges in a plane; links 1 m, 1 m and 0.5 m long.
constexpr char kPlanarArm[] = R"(<mujoco><worldbody>
  <body><joint name="table" type="slide" axis="1 0 0"/><geom size=".1"/>
   <body><joint name="a" axis="0 0 1"/><geom size=".1"/>
    <body pos="1 0 0"><joint name="b" axis="0 0 1"/><geom size=".1"/>
     <body pos="1 0 0"><joint name="c" axis="0 0 1"/><geom size=".1"/>
      <site name="tip" pos="0.5 0 0"/>
     </body></body></body></body>
 </worldbody></mujoco>)";

class InverseKinematicsTest : public ::testing::Test {
 protected:
  InverseKinematicsTest() {
    char error[200];
    const SpecPtr spec(mj_parseXMLString(kPlanarArm, nullptr, error, sizeof(error)));
    model_.reset(mj_compile(spec.get(), nullptr));
    data_.reset(mj_makeData(model_.get()));
    data_->qpos[0] = 0.25;
    Bend(0.3, 0.4, -0.2);
  }

  void Bend(double a, double b, double c) {
    data_->qpos[1] = a;
    data_->qpos[2] = b;
    data_->qpos[3] = c;
  }

  // The goal that the given angles reach.
  SiteGoal GoalAt(double a, double b, double c) {
    const std::vector<double> before(data_->qpos, data_->qpos + 4);
    Bend(a, b, c);
    mj_kinematics(model_.get(), data_.get());
    std::copy(before.begin(), before.end(), data_->qpos);
    SiteGoal goal = {.site = Physics::SiteId(*model_, "tip"),
                     .orientation = {std::cos((a + b + c) / 2), 0, 0, std::sin((a + b + c) / 2)}};
    std::copy_n(data_->site_xpos, 3, goal.position.begin());
    return goal;
  }

  const std::vector<int> arm_ = {1, 2, 3};
  ModelPtr model_;
  DataPtr data_;
};

TEST_F(InverseKinematicsTest, FindsTheOnlyAnglesThatReachAPoseAndMovesNothingElse) {
  const SiteGoal goal = GoalAt(0.7, 0.9, 0.4);
  ASSERT_TRUE(MoveSiteTo(goal, arm_, *model_, *data_));
  EXPECT_EQ(data_->qpos[0], 0.25);
  EXPECT_NEAR(data_->qpos[1], 0.7, 1e-12);
  EXPECT_NEAR(data_->qpos[2], 0.9, 1e-12);
  EXPECT_NEAR(data_->qpos[3], 0.4, 1e-12);
  for (size_t axis = 0; axis < 3; ++axis) {
    EXPECT_NEAR(data_->site_xpos[axis], goal.position[axis], 1e-14);
  }
}

TEST_F(InverseKinematicsTest, AGoalBeyondTheArmIsNotReached) {
  SiteGoal goal = GoalAt(0, 0, 0);
  goal.position[0] += 1;
  EXPECT_FALSE(MoveSiteTo(goal, arm_, *model_, *data_));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(std::isfinite(data_->qpos[i]));
}

TEST_F(InverseKinematicsTest, GivesUpAfterTheStepsItIsGiven) {
  const SiteGoal goal = GoalAt(0.7, 0.9, 0.4);
  EXPECT_FALSE(MoveSiteTo(goal, arm_, *model_, *data_, {.max_steps = 2}));
  EXPECT_TRUE(MoveSiteTo(goal, arm_, *model_, *data_)) << "and goes on from there";
}

TEST_F(InverseKinematicsTest, NoStepIsLongerThanAllowed) {
  const SiteGoal goal = GoalAt(0.7, 0.9, 0.4);
  const std::vector<double> before(data_->qpos, data_->qpos + 4);
  MoveSiteTo(goal, arm_, *model_, *data_, {.max_update = 0.01, .max_steps = 1});
  double squares = 0;
  for (size_t i = 0; i < 4; ++i) squares += std::pow(data_->qpos[i] - before[i], 2);
  EXPECT_NEAR(std::sqrt(squares), 0.01, 1e-12);
}

}  // namespace
}  // namespace rl
