#include "experiments/report/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace experiments {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pointwise;

TEST(AxisTest, WidensToRoundTicks) {
  const Axis axis = Axis::Covering(3, 97, /*num_ticks=*/5, /*log=*/false);
  EXPECT_THAT(axis.ticks(), ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_EQ(axis.low(), 0);
  EXPECT_EQ(axis.high(), 100);
}

TEST(AxisTest, PlacesValuesBetweenItsEnds) {
  const Axis axis = Axis::Covering(0, 100, 5, /*log=*/false);
  EXPECT_DOUBLE_EQ(axis.Position(0), 0);
  EXPECT_DOUBLE_EQ(axis.Position(25), 0.25);
  EXPECT_DOUBLE_EQ(axis.Position(100), 1);
}

TEST(AxisTest, GivesASingleValueRoomAroundIt) {
  const Axis axis = Axis::Covering(5, 5, 5, /*log=*/false);
  EXPECT_LT(axis.low(), 5);
  EXPECT_GT(axis.high(), 5);
  const Axis zero = Axis::Covering(0, 0, 5, /*log=*/false);
  EXPECT_LT(zero.low(), 0);
  EXPECT_GT(zero.high(), 0);
}

TEST(AxisTest, SpacesPowersOfTenEvenlyOnALogarithmicScale) {
  const Axis axis = Axis::Covering(0.001, 10, 5, /*log=*/true);
  EXPECT_NEAR(axis.Position(0.001), 0, 1e-12);
  EXPECT_NEAR(axis.Position(0.1), 0.5, 1e-12);
  EXPECT_NEAR(axis.Position(10), 1, 1e-12);
}

TEST(AxisTest, PutsLogarithmicTicksJustAroundTheData) {
  const Axis axis = Axis::Covering(0.03, 0.4, 5, /*log=*/true);
  EXPECT_THAT(axis.ticks(), Pointwise(DoubleNear(1e-12), {0.02, 0.05, 0.1, 0.2, 0.5}));
}

TEST(AxisTest, TicksWholeNumbersWhenThereAreFew) {
  const Axis axis = Axis::Whole(0.5, 4.5, 12);
  EXPECT_THAT(axis.ticks(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(axis.low(), 0.5);
}

TEST(RoundStepTest, TakesTheLeastRoundNumberThatIsLongEnough) {
  EXPECT_DOUBLE_EQ(RoundStep(100, 5), 20);
  EXPECT_DOUBLE_EQ(RoundStep(101, 5), 25);
  EXPECT_DOUBLE_EQ(RoundStep(0.3, 5), 0.1);
  EXPECT_DOUBLE_EQ(RoundStep(4000, 5), 1000);
}

TEST(TickLabelTest, IsShort) {
  EXPECT_EQ(TickLabel(0), "0");
  EXPECT_EQ(TickLabel(-0.0), "0");
  EXPECT_EQ(TickLabel(0.05), "0.05");
  EXPECT_EQ(TickLabel(1500), "1500");
  EXPECT_EQ(TickLabel(20000), "20k");
}

}  // namespace
}  // namespace experiments
