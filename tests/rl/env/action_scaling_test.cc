#include "rl/env/action_scaling.h"

#include <gtest/gtest.h>

namespace rl {
namespace {

TEST(ActionScalingTest, MapsTheUnitIntervalToTheActuatorsRange) {
  const ActionScaling scaling = {.low = {-1, 0, -0.5f}, .scale = {1, 2, 0.25f}};
  const float action[3] = {-1, 0.5f, 1};
  double control[3];
  scaling.Apply(action, control);
  EXPECT_EQ(control[0], -1);
  EXPECT_EQ(control[1], 3);
  EXPECT_EQ(control[2], 0);
}

// 1e-8 is lost beside 1 in float32, as it is in ExoRL; in float64 it would survive.
TEST(ActionScalingTest, RoundsInFloat32) {
  const ActionScaling scaling = {.low = {-1}, .scale = {1}};
  const float action[1] = {1e-8f};
  double control[1];
  scaling.Apply(action, control);
  EXPECT_EQ(control[0], 0);
}

}  // namespace
}  // namespace rl
