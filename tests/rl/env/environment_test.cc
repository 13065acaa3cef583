#include "rl/env/environment.h"

#include "rl/env/physics.h"
#include "tests/rl/env/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(EnvironmentTest, RefusesAnActionThatIsNotFiniteAndStaysWhereItWas) {
  const auto environment = MakeEnvironment("walker_walk", tests::Assets());
  environment->Reset(301);
  std::vector<double> before(18), after(18);
  environment->physics().GetState(before);
  std::vector<float> action(6, 0.1f);
  action[2] = std::numeric_limits<float>::infinity();
  EXPECT_THAT([&] { environment->Step(action); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("action 2 is inf")));
  environment->physics().GetState(after);
  EXPECT_EQ(before, after);
  EXPECT_EQ(environment->step(), 0);
  action[2] = 0;
  EXPECT_FALSE(environment->Step(action).last) << "the episode goes on with a proper action";
}

TEST(EnvironmentTest, RefusesActionsAndRoomOfAnotherLength) {
  const auto environment = MakeEnvironment("walker_walk", tests::Assets());
  environment->Reset(301);
  EXPECT_THROW(environment->Step(std::vector<float>(5)), std::invalid_argument);
  std::vector<float> observation(23);
  EXPECT_THROW(environment->Observe(std::span<float>(observation)), std::invalid_argument);
}

TEST(EnvironmentTest, StepsOnlyWhileAnEpisodeRuns) {
  const auto environment = MakeEnvironment("cartpole_swingup", tests::Assets());
  const std::vector<float> action(1);
  EXPECT_THROW(environment->Step(action), std::logic_error);
  environment->Reset(301);
  while (!environment->Step(action).last) {
  }
  EXPECT_THROW(environment->Step(action), std::logic_error);
  environment->Reset(302);
  EXPECT_FALSE(environment->Step(action).last);
}

TEST(EnvironmentTest, ADivergedSimulationEndsTheEpisodeWithRewardZero) {
  const auto environment = MakeEnvironment("walker_walk", tests::Assets());
  environment->Reset(301);
  environment->physics().mutable_velocities()[4] = 1e12;
  const StepResult result = environment->Step(std::vector<float>(6));
  EXPECT_TRUE(result.diverged);
  EXPECT_TRUE(result.last);
  EXPECT_EQ(result.reward, 0);
  environment->Reset(301);
  EXPECT_FALSE(environment->Step(std::vector<float>(6)).diverged);
}

TEST(EnvironmentTest, AMissingAssetsFolderIsNamed) {
  EXPECT_THAT([] { LoadTask("walker_walk", "nowhere"); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("nowhere/suite/walker.xml")));
}

TEST(EnvironmentTest, TheFloat32ObservationIsTheRoundedFloat64One) {
  const auto environment = MakeEnvironment("walker_run", tests::Assets());
  environment->Reset(301);
  environment->Step(std::vector<float>(6, 0.7f));
  std::vector<double> wide(24);
  std::vector<float> narrow(24);
  environment->Observe(std::span<double>(wide));
  environment->Observe(std::span<float>(narrow));
  for (size_t i = 0; i < wide.size(); ++i) EXPECT_EQ(narrow[i], static_cast<float>(wide[i]));
}

}  // namespace
}  // namespace rl
