#include "rl/env/tasks/cheetah.h"

#include "rl/env/environment.h"
#include "rl/env/physics.h"
#include "tests/rl/env/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace rl {
namespace {

constexpr size_t kRootX = 0;

class CheetahTest : public ::testing::Test {
 protected:
  static double Reward(const char* task, const Physics& physics) {
    return LoadTask(task, tests::Assets()).task->Reward(physics);
  }

  Physics physics_{LoadTask("cheetah_run", tests::Assets()).models};
};

TEST_F(CheetahTest, EachTaskPaysATenthPerMeterASecondInItsDirection) {
  physics_.mutable_velocities()[kRootX] = 4;
  physics_.UpdateKinematics();
  EXPECT_NEAR(Reward("cheetah_run", physics_), 0.4, 1e-12);
  EXPECT_EQ(Reward("cheetah_run_backward", physics_), 0);
  physics_.mutable_velocities()[kRootX] = -2.5;
  physics_.UpdateKinematics();
  EXPECT_EQ(Reward("cheetah_run", physics_), 0);
  EXPECT_NEAR(Reward("cheetah_run_backward", physics_), 0.25, 1e-12);
}

TEST_F(CheetahTest, NothingIsPaidBeyondTenMetersASecond) {
  physics_.mutable_velocities()[kRootX] = 30;
  physics_.UpdateKinematics();
  EXPECT_EQ(Reward("cheetah_run", physics_), 1);
}

TEST_F(CheetahTest, TheObservationLeavesOutOnlyTheHorizontalPosition) {
  std::vector<double> state(18);
  for (size_t i = 0; i < state.size(); ++i) state[i] = static_cast<double>(i);
  physics_.SetState(state);
  std::vector<double> observation(17);
  LoadTask("cheetah_run", tests::Assets()).task->Observe(physics_, observation);
  EXPECT_EQ(observation, std::vector<double>(state.begin() + 1, state.end()));
}

TEST_F(CheetahTest, EpisodesStartOnTheGroundInManyPosesAtTimeZero) {
  Environment environment(LoadTask("cheetah_run", tests::Assets()));
  std::set<double> heights;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    environment.Reset(seed);
    const Physics& physics = environment.physics();
    EXPECT_EQ(physics.data().time, 0);
    EXPECT_GT(physics.data().ncon, 0) << "it has dropped to the ground, seed " << seed;
    EXPECT_LT(std::abs(physics.positions()[kRootX]), 1);
    heights.insert(physics.positions()[1]);
  }
  EXPECT_EQ(heights.size(), 100u);
}

}  // namespace
}  // namespace rl
