#include "rl/collect/cartpole_controller.h"

#include "rl/env/environment.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace rl {
namespace {

double Return(const CartpoleControllerOptions& options, uint64_t seed) {
  const auto environment = MakeEnvironment("cartpole_swingup", tests::Assets());
  CartpoleController controller(options, seed);
  std::vector<float> observation(5);
  environment->Reset(seed);
  double sum = 0;
  for (bool last = false; !last;) {
    environment->Observe(std::span<float>(observation));
    const float action = controller.Act(observation);
    EXPECT_LE(std::abs(action), 1);
    const StepResult result = environment->Step({&action, 1});
    sum += result.reward;
    last = result.last;
  }
  return sum;
}

TEST(CartpoleControllerTest, AnExpertSwingsUpAndStaysUp) {
  for (uint64_t seed = 0; seed < 5; ++seed) EXPECT_GT(Return({}, seed), 840) << seed;
}

TEST(CartpoleControllerTest, NoiseAloneDoesNotDropThePole) {
  for (uint64_t seed = 0; seed < 5; ++seed) EXPECT_GT(Return({.action_noise = 0.3}, seed), 780);
}

TEST(CartpoleControllerTest, ReturnsFallWithCompetence) {
  const auto mean_return = [](double competence) {
    double sum = 0;
    for (uint64_t seed = 0; seed < 5; ++seed) sum += Return({.competence = competence}, seed);
    return sum / 5;
  };
  const double none = mean_return(0), half = mean_return(0.5), full = mean_return(1);
  EXPECT_LT(none + 50, half);
  EXPECT_LT(half + 200, full);
}

TEST(CartpoleControllerTest, OptionsOutOfRangeAreRefused) {
  EXPECT_THROW(CartpoleController({.competence = 1.01}, 0), std::invalid_argument);
  EXPECT_THROW(CartpoleController({.action_noise = -1}, 0), std::invalid_argument);
}

}  // namespace
}  // namespace rl
