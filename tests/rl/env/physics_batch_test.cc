#include "rl/env/physics_batch.h"

#include "rl/env/physics.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace rl {
namespace {

TEST(PhysicsBatchTest, GoesThroughTheStatesOfTheVectorEnvironment) {
  const VectorEnvironmentOptions options = {
      .task = "walker_walk", .assets = tests::Assets(), .num_environments = 3, .num_threads = 2};
  PhysicsBatch batch(options);
  VectorEnvironment environments(options);
  std::vector<float> observations(3 * 24), rewards(3);
  std::vector<uint8_t> last(3);
  batch.Reset(301);
  environments.Reset(std::vector<uint64_t>{301, 302, 303}, observations);
  for (uint64_t step = 0; step < 20; ++step) {
    const std::vector<float> actions = tests::UniformActions(18, step);
    batch.Step(actions);
    environments.Step(actions, observations, rewards, last);
  }
  std::vector<double> states(3 * 18), state(18);
  batch.GetStates(states);
  for (size_t i = 0; i < 3; ++i) {
    environments.environment(static_cast<int>(i)).physics().GetState(state);
    for (size_t j = 0; j < 18; ++j) EXPECT_EQ(states[18 * i + j], state[j]);
  }
}

TEST(PhysicsBatchTest, RefusesNoMechanismsAndActionsOfAnotherSize) {
  VectorEnvironmentOptions options = {
      .task = "walker_walk", .assets = tests::Assets(), .num_environments = 0};
  EXPECT_THROW(PhysicsBatch{options}, std::invalid_argument);
  options.num_environments = 2;
  PhysicsBatch batch(options);
  EXPECT_THROW(batch.Step(std::vector<float>(11)), std::invalid_argument);
}

}  // namespace
}  // namespace rl
