#include "rl/env/rollouts.h"

#include "rl/env/model_builder.h"
#include "rl/env/physics.h"
#include "rl/env/tasks/quadruped.h"
#include "rl/env/tasks/task_list.h"
#include "tests/rl/env/test_data.h"
#include "tests/support/tolerance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace rl {
namespace {

// Reads oracles/env_rollouts.txt: per task a few steps of one episode, recorded by dm_control.
// ORACLES.md has the format.
std::map<std::string, Rollouts> ReadOracle() {
  std::ifstream file(tests::Oracle("env_rollouts.txt"));
  std::map<std::string, Rollouts> rollouts;
  Rollouts* current = nullptr;
  for (std::string name; file >> name;) {
    if (name == "task") {
      file >> name;
      current = &(rollouts[name] = {.num_episodes = 1});
      continue;
    }
    if (name == "like") {
      file >> name;
      *current = rollouts.at(name);
      continue;
    }
    int64_t rows = 0, columns = 0;
    file >> rows >> columns;
    std::vector<double> values(static_cast<size_t>(rows * columns));
    for (double& value : values) file >> value;
    if (name == "action") current->num_steps = rows;
    std::map<std::string, std::vector<double>*> arrays = {
        {"integration_state0", &current->integration_states},
        {"action", &current->actions},
        {"physics", &current->physics},
        {"obs64", &current->observations},
        {"reward", &current->rewards}};
    *arrays.at(name) = values;
  }
  return rollouts;
}

void ExpectEqual(const RolloutDifference& difference) {
  EXPECT_EQ(difference.num_different_physics, 0);
  EXPECT_EQ(difference.max_abs_physics, 0);
  // exp and sin of C's library and of numpy may differ in the last bit.
  EXPECT_LE(difference.max_abs_observation, tests::Tolerance(1e-14));
  EXPECT_LE(difference.max_abs_reward, tests::Tolerance(1e-14));
}

class RolloutsTest : public ::testing::TestWithParam<std::string> {};

TEST_P(RolloutsTest, AreThoseOfDmControl) {
  const SharedTask shared = LoadTask(GetParam(), tests::Assets());
  Rollouts recorded = ReadOracle().at(GetParam());
  ExpectEqual(Compare(recorded, Replay(shared, recorded).rollouts, 0));
  // The physics state is as good a start, but for the solver's warm start: cheetah's reset
  // simulates and leaves one behind.
  if (GetParam().starts_with("cheetah")) return;
  recorded.integration_states.clear();
  ExpectEqual(Compare(recorded, Replay(shared, recorded).rollouts, 0));
}

std::vector<std::string> TaskNames() {
  std::vector<std::string> names;
  for (const TaskEntry& entry : TaskList()) names.emplace_back(entry.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Tasks, RolloutsTest, ::testing::ValuesIn(TaskNames()),
                         [](const auto& test) { return test.param; });

// The joints' values are what numpy's generator draws for that recording's seed.
TEST(RolloutsStartTest, TheCheetahSettlesToTheRecordedStart) {
  Physics physics(LoadTask("cheetah_run", tests::Assets()).models);
  const double joints[] = {0.3384754604661795,  0.37557629584790864, -1.0685997331786008,
                           -0.4489633532275207, -0.3344299395552567, 0.1425946274082417};
  std::copy(std::begin(joints), std::end(joints), physics.mutable_positions().begin() + 3);
  physics.Advance(200);
  std::vector<double> state(18);
  physics.GetState(state);
  const std::vector<double> recorded = ReadOracle().at("cheetah_run").physics;
  EXPECT_EQ(state, std::vector<double>(recorded.begin(), recorded.begin() + 18));
}

TEST(RolloutsStartTest, TheQuadrupedIsPlacedAtTheRecordedHeight) {
  Physics physics(LoadTask("quadruped_walk", tests::Assets()).models);
  const std::vector<double> recorded = ReadOracle().at("quadruped_walk").physics;
  PlaceQuadruped(physics, {recorded[3], recorded[4], recorded[5], recorded[6]});
  std::vector<double> state(57);
  physics.GetState(state);
  EXPECT_EQ(state, std::vector<double>(recorded.begin(), recorded.begin() + 57));
}

TEST(RolloutsCompareTest, FindsTheLargestDifferenceOfItsEpisode) {
  const Rollouts a = {.num_episodes = 2,
                      .num_steps = 0,
                      .physics = {1, 2, 3, 4},
                      .observations = {5, 6},
                      .rewards = {7, 8}};
  Rollouts b = a;
  EXPECT_EQ(Compare(a, b, 0), RolloutDifference{});
  b.physics = {1, 2, 3.5, 3};
  b.observations[1] = 6.25;
  b.rewards[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Compare(a, b, 0), RolloutDifference{});
  const RolloutDifference difference = Compare(a, b, 1);
  EXPECT_EQ(difference.max_abs_physics, 1);
  EXPECT_EQ(difference.num_different_physics, 2);
  EXPECT_EQ(difference.max_abs_observation, 0.25);
  EXPECT_TRUE(std::isinf(difference.max_abs_reward)) << "NaN on one side is as far as it gets";
  b.rewards.pop_back();
  EXPECT_THROW(Compare(a, b, 1), std::logic_error);
}

TEST(RolloutsReplayTest, ADivergedEpisodeIsReportedAndTheNextOneRuns) {
  const SharedTask shared = LoadTask("walker_walk", tests::Assets());
  Rollouts recorded = {.num_episodes = 2,
                       .num_steps = 2,
                       .actions = std::vector<double>(24),
                       .physics = std::vector<double>(108)};
  recorded.physics[9 + 4] = 1e12;
  const ReplayResult result = Replay(shared, recorded);
  EXPECT_EQ(result.diverged_steps, (std::vector<int64_t>{0, -1}));
  EXPECT_TRUE(std::isnan(result.rollouts.rewards[1]));
  EXPECT_TRUE(std::isfinite(result.rollouts.rewards[5]));
}

}  // namespace
}  // namespace rl
