#include "rl/env/tasks/cartpole.h"

#include "rl/env/environment.h"
#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace rl {
namespace {

class CartpoleTest : public ::testing::Test {
 protected:
  static double Reward(const char* task, const Physics& physics) {
    return LoadTask(task, tests::Assets()).task->Reward(physics);
  }

  void Place(double position, double angle, double velocity, double angular_velocity) {
    physics_.SetState(std::vector<double>{position, angle, velocity, angular_velocity});
    physics_.UpdateKinematics();
  }

  Physics physics_{LoadTask("cartpole_swingup", tests::Assets()).models};
};

TEST_F(CartpoleTest, UprightAtRestInTheMiddlePaysOne) {
  Place(0, 0, 0, 0);
  for (const char* task : {"cartpole_balance", "cartpole_balance_sparse", "cartpole_swingup",
                           "cartpole_swingup_sparse"}) {
    EXPECT_EQ(Reward(task, physics_), 1) << task;
  }
}

TEST_F(CartpoleTest, HangingPaysNothing) {
  Place(0, std::numbers::pi, 0, 0);
  EXPECT_EQ(Reward("cartpole_swingup", physics_), 0);
  EXPECT_EQ(Reward("cartpole_swingup_sparse", physics_), 0);
}

// Each factor alone, at its margin.
TEST_F(CartpoleTest, EachTermOfTheDenseRewardHasItsPrice) {
  Place(2, 0, 0, 0);
  EXPECT_NEAR(Reward("cartpole_swingup", physics_), 0.55, 1e-15);
  Place(0, 0, 0, 5);
  EXPECT_NEAR(Reward("cartpole_swingup", physics_), 0.55, 1e-15);
  Place(0, std::numbers::pi / 2, 0, 0);
  EXPECT_NEAR(Reward("cartpole_swingup", physics_), 0.5, 1e-15);
  Place(0, 0, 0, 0);
  physics_.SetControl(std::vector<double>{-1});
  EXPECT_NEAR(Reward("cartpole_swingup", physics_), 0.8, 1e-15);
}

TEST_F(CartpoleTest, TheSparseRewardHasHardEdges) {
  const double edge = std::acos(0.995);
  Place(0.24, 0.99 * edge, 0, 9);
  EXPECT_EQ(Reward("cartpole_balance_sparse", physics_), 1);
  Place(0.26, 0, 0, 0);
  EXPECT_EQ(Reward("cartpole_balance_sparse", physics_), 0);
  Place(0, 1.01 * edge, 0, 0);
  EXPECT_EQ(Reward("cartpole_balance_sparse", physics_), 0);
}

TEST_F(CartpoleTest, TheObservationIsPositionCosineSineAndVelocities) {
  Place(0.3, 0.7, -2, 4);
  std::vector<double> observation(5);
  LoadTask("cartpole_swingup", tests::Assets()).task->Observe(physics_, observation);
  EXPECT_EQ(observation[0], 0.3);
  EXPECT_NEAR(observation[1], std::cos(0.7), 1e-15);
  EXPECT_NEAR(observation[2], std::sin(0.7), 1e-15);
  EXPECT_EQ(observation[3], -2);
  EXPECT_EQ(observation[4], 4);
}

TEST_F(CartpoleTest, SwingUpStartsHangingAndBalanceUpright) {
  Environment swingup(LoadTask("cartpole_swingup", tests::Assets()));
  Environment balance(LoadTask("cartpole_balance", tests::Assets()));
  for (uint64_t seed = 0; seed < 200; ++seed) {
    swingup.Reset(seed);
    // Six standard deviations of 0.01.
    EXPECT_NEAR(swingup.physics().positions()[1], std::numbers::pi, 0.06);
    EXPECT_NEAR(swingup.physics().positions()[0], 0, 0.06);
    balance.Reset(seed);
    EXPECT_LE(std::abs(balance.physics().positions()[1]), 0.034);
    EXPECT_LE(std::abs(balance.physics().positions()[0]), 0.1);
    EXPECT_NEAR(balance.physics().velocities()[0], 0, 0.06);
  }
}

}  // namespace
}  // namespace rl
