#include "rl/env/tasks/point_mass_maze.h"

#include "rl/env/environment.h"
#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace rl {
namespace {

class PointMassMazeTest : public ::testing::Test {
 protected:
  double Reward(const std::string& corner) const {
    return LoadTask("point_mass_maze_reach_" + corner, tests::Assets()).task->Reward(physics_);
  }

  void Place(double x, double y) {
    physics_.SetState(std::vector<double>{x, y, 0, 0});
    physics_.UpdateKinematics();
  }

  Physics physics_{LoadTask("point_mass_maze_reach_top_left", tests::Assets()).models};
};

TEST_F(PointMassMazeTest, EachTaskPaysOneInItsCornerAndTheOthersNothing) {
  const std::map<std::string, std::pair<double, double>> corners = {
      {"top_left", {-0.15, 0.15}},
      {"top_right", {0.15, 0.15}},
      {"bottom_left", {-0.15, -0.15}},
      {"bottom_right", {0.15, -0.15}}};
  for (const auto& [here, place] : corners) {
    Place(place.first + 0.01, place.second - 0.01);  // 1.41 cm off, 1.5 cm are free
    for (const auto& [task, unused] : corners) {
      if (task == here) {
        EXPECT_EQ(Reward(task), 1) << task;
      } else {
        EXPECT_LT(Reward(task), 1e-100) << task << " at " << here;
      }
    }
  }
}

TEST_F(PointMassMazeTest, TheRewardFallsToATenthOneMarginOut) {
  Place(0.15, -0.15 + 0.03);
  EXPECT_NEAR(Reward("bottom_right"), 0.1, 1e-14);
}

TEST_F(PointMassMazeTest, FullControlOfOneOfTwoActuatorsCostsATenth) {
  Place(-0.15, 0.15);
  physics_.SetControl(std::vector<double>{0, -1});
  EXPECT_NEAR(Reward("top_left"), 0.9, 1e-15);
  physics_.SetControl(std::vector<double>{0.5, 1.2});  // (0.75 + 0) / 2
  EXPECT_NEAR(Reward("top_left"), (0.375 + 4) / 5, 1e-15);
}

TEST_F(PointMassMazeTest, TheObservationIsPositionThenVelocity) {
  const std::vector<double> state = {-0.2, 0.1, 0.3, -0.4};
  physics_.SetState(state);
  std::vector<double> observation(4);
  LoadTask("point_mass_maze_reach_top_left", tests::Assets()).task->Observe(physics_, observation);
  EXPECT_EQ(observation, state);
}

TEST_F(PointMassMazeTest, EpisodesStartAtRestInTheTopLeftCorner) {
  Environment environment(LoadTask("point_mass_maze_reach_bottom_right", tests::Assets()));
  std::set<double> places;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    environment.Reset(seed);
    const auto positions = environment.physics().positions();
    EXPECT_GE(positions[0], -0.29);
    EXPECT_LT(positions[0], -0.15);
    EXPECT_GE(positions[1], 0.15);
    EXPECT_LT(positions[1], 0.29);
    for (const double velocity : environment.physics().velocities()) EXPECT_EQ(velocity, 0);
    places.insert(positions[0]);
  }
  EXPECT_EQ(places.size(), 200);
}

// Steps with full control until the wall, which dm_control's point mass lacks.
TEST_F(PointMassMazeTest, AWallStopsTheMassOnItsWayToTheRight) {
  Environment environment(LoadTask("point_mass_maze_reach_top_right", tests::Assets()));
  environment.Reset(301);
  Physics& physics = environment.physics();
  const auto push_right_from = [&](double y) {
    physics.SetState(std::vector<double>{-0.15, y, 0, 0});
    physics.UpdateUnactuated();
    for (int step = 0; step < 300; ++step) environment.Step(std::vector<float>{1, 0});
    return physics.positions()[0];
  };
  EXPECT_LT(push_right_from(0.1), 0);
  EXPECT_GT(push_right_from(0.24), 0.2) << "above the wall's end there is a gap";
}

}  // namespace
}  // namespace rl
