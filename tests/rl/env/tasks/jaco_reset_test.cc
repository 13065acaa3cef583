#include "rl/env/tasks/jaco_reset.h"

#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "rl/env/tasks/jaco_model.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <memory>
#include <numbers>

namespace rl {
namespace {

class JacoResetTest : public ::testing::Test {
 protected:
  // The angle between the hand and where it should be turned.
  double OrientationError() const {
    mjtNum hand[4], inverse[4], turn[4], angle[3];
    mju_mat2Quat(hand, physics_.data().site_xmat + 9 * pinch_site_);
    mju_negQuat(inverse, hand);
    mju_mulQuat(turn, kJacoStartOrientation.data(), inverse);
    mju_quat2Vel(angle, turn, 1);
    return mju_norm3(angle);
  }

  std::shared_ptr<const PhysicsModels> models_ =
      std::make_shared<const PhysicsModels>(BuildJacoModel(tests::Assets(), {}), 20);
  Physics physics_{models_};
  JacoReset reset_{models_->full()};
  int pinch_site_ = Physics::SiteId(models_->full(), kJacoPinchSite);
};

TEST_F(JacoResetTest, FiveHundredTimesTheHandPointsDownInItsBoxAndTouchesNothing) {
  double lowest = 1, highest = 0, left = 1, right = -1, open = 9, closed = 0;
  const mjModel& model = models_->full();
  const int hand = Physics::BodyId(model, kJacoHandBody);
  for (uint64_t seed = 0; seed < 500; ++seed) {
    physics_.Reset();
    Random random(seed);
    ASSERT_NO_THROW(reset_.Run(physics_, random)) << seed;
    physics_.UpdateUnactuated();
    const mjtNum* pinch = physics_.data().site_xpos + 3 * pinch_site_;
    for (size_t axis = 0; axis < 3; ++axis) {
      ASSERT_GE(pinch[axis], kJacoStartLower[axis] - 1e-13) << seed;
      ASSERT_LE(pinch[axis], kJacoStartUpper[axis] + 1e-13) << seed;
    }
    ASSERT_LT(OrientationError(), 1e-12) << seed;
    for (int i = 0; i < physics_.data().ncon; ++i) {
      const mjContact& contact = physics_.data().contact[i];
      ASSERT_TRUE(contact.dist > 0 || (model.geom_bodyid[contact.geom[0]] >= hand &&
                                       model.geom_bodyid[contact.geom[1]] >= hand))
          << "seed " << seed << ": more than fingers touches";
    }
    lowest = std::min(lowest, pinch[2]), highest = std::max(highest, pinch[2]);
    left = std::min(left, pinch[0]), right = std::max(right, pinch[0]);
    open = std::min(open, physics_.positions()[6]),
    closed = std::max(closed, physics_.positions()[6]);
  }
  // Draws spread over all of the box and of the fingers' way: 500 leave 2 % at an edge at most.
  EXPECT_LT(lowest, 0.02 + 0.02 * 0.38);
  EXPECT_GT(highest, 0.4 - 0.02 * 0.38);
  EXPECT_LT(left, -0.2 + 0.02 * 0.4);
  EXPECT_GT(right, 0.2 - 0.02 * 0.4);
  EXPECT_LT(open, 0.15 + 0.02 * 1.2);
  EXPECT_GT(closed, 1.35 - 0.02 * 1.2);
}

TEST_F(JacoResetTest, AnglesAreWithinTheJointsRanges) {
  const mjModel& model = models_->full();
  for (uint64_t seed = 0; seed < 100; ++seed) {
    physics_.Reset();
    Random random(seed);
    reset_.Run(physics_, random);
    for (size_t joint = 0; joint < 9; ++joint) {
      const bool limited = model.jnt_limited[joint] != 0;
      EXPECT_GE(physics_.positions()[joint], limited ? model.jnt_range[2 * joint] : 0);
      EXPECT_LE(physics_.positions()[joint],
                limited ? model.jnt_range[2 * joint + 1] : 2 * std::numbers::pi);
    }
    EXPECT_EQ(physics_.positions()[6], physics_.positions()[8]) << "fingers close together";
    for (const double velocity : physics_.velocities()) EXPECT_EQ(velocity, 0);
  }
}

// An arm whose second link may not bend enough to reach the table.
TEST_F(JacoResetTest, AnArmThatReachesNowhereIsAnError) {
  ModelPtr stiff = BuildJacoModel(tests::Assets(), {});
  stiff->jnt_range[3] = stiff->jnt_range[2] + 1e-3;
  const auto models = std::make_shared<const PhysicsModels>(std::move(stiff), 20);
  Physics physics(models);
  Random random(301);
  EXPECT_THROW(JacoReset(models->full()).Run(physics, random), std::runtime_error);
}

}  // namespace
}  // namespace rl
