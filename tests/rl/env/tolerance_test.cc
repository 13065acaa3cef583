#include "rl/env/tolerance.h"

#include <gtest/gtest.h>

#include <cmath>

namespace rl {
namespace {

TEST(ToleranceTest, IsOneInsideTheBoundsAndOnThem) {
  for (const double x : {-1.0, 0.0, 2.0}) EXPECT_EQ(Tolerance(x, {-1, 2}), 1);
  EXPECT_EQ(Tolerance(1e300, {1.2, kUnbounded}), 1);
}

TEST(ToleranceTest, WithoutMarginIsAHardEdge) {
  EXPECT_EQ(Tolerance(2.0000001, {-1, 2}), 0);
  EXPECT_EQ(Tolerance(-1.0000001, {-1, 2}), 0);
}

TEST(ToleranceTest, HasTheStatedValueAtTheMarginOnBothSides) {
  for (const Falloff falloff : {Falloff::kGaussian, Falloff::kLinear, Falloff::kQuadratic}) {
    const ToleranceOptions options = {.margin = 0.5, .falloff = falloff, .value_at_margin = 0.25};
    EXPECT_NEAR(Tolerance(2.5, {-1, 2}, options), 0.25, 1e-15);
    EXPECT_NEAR(Tolerance(-1.5, {-1, 2}, options), 0.25, 1e-15);
  }
}

TEST(ToleranceTest, FallsAsItsNameSays) {
  // Half a margin out, with value v = 0.25 at the margin.
  const auto half_way = [](Falloff falloff) {
    return Tolerance(3.0, {0, 2}, {.margin = 2, .falloff = falloff, .value_at_margin = 0.25});
  };
  EXPECT_NEAR(half_way(Falloff::kGaussian), std::pow(0.25, 0.25), 1e-15);  // v^(d^2)
  EXPECT_EQ(half_way(Falloff::kLinear), 0.625);                            // 1 - d (1 - v)
  EXPECT_NEAR(half_way(Falloff::kQuadratic), 0.8125, 1e-15);               // 1 - d^2 (1 - v)
}

TEST(ToleranceTest, LinearAndQuadraticEndAtZero) {
  for (const Falloff falloff : {Falloff::kLinear, Falloff::kQuadratic}) {
    const ToleranceOptions options = {.margin = 1, .falloff = falloff, .value_at_margin = 0};
    EXPECT_EQ(Tolerance(1, {}, options), 0);
    EXPECT_EQ(Tolerance(7, {}, options), 0);
  }
}

}  // namespace
}  // namespace rl
