#include "rl/env/random.h"

#include <gtest/gtest.h>

#include <cmath>

namespace rl {
namespace {

// The standard fixes the ten-thousandth number of a default-seeded mt19937_64: 9981545732273789042.
TEST(RandomTest, UniformIsTheEnginesTopBits) {
  Random random(std::mt19937_64::default_seed);
  double last = 0;
  for (int i = 0; i < 10'000; ++i) last = random.Uniform(0, 1);
  EXPECT_EQ(last, std::ldexp(static_cast<double>(9981545732273789042ULL >> 11), -53));
}

TEST(RandomTest, UniformStaysInsideItsRange) {
  Random random(301);
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.Uniform(-0.25, 3);
    ASSERT_GE(value, -0.25);
    ASSERT_LT(value, 3);
  }
}

TEST(RandomTest, NormalHasMeanZeroAndUnitVariance) {
  Random random(301);
  constexpr int kCount = 100'000;
  double sum = 0, sum_of_squares = 0, sum_of_fourths = 0;
  for (int i = 0; i < kCount; ++i) {
    const double value = random.Normal();
    sum += value;
    sum_of_squares += value * value;
    sum_of_fourths += value * value * value * value;
  }
  // Five standard errors: 1, sqrt(2) and sqrt(96) over sqrt(n).
  EXPECT_NEAR(sum / kCount, 0, 5 / std::sqrt(kCount));
  EXPECT_NEAR(sum_of_squares / kCount, 1, 5 * 1.42 / std::sqrt(kCount));
  EXPECT_NEAR(sum_of_fourths / kCount, 3, 5 * 9.8 / std::sqrt(kCount));
}

}  // namespace
}  // namespace rl
