// The battery that every task of the list passes: a new line in task_list.cc is tested the day it
// is written.
#include "datasets/catalog.h"
#include "rl/env/environment.h"
#include "rl/env/physics.h"
#include "rl/env/relabel.h"
#include "rl/env/tasks/task_list.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rl {
namespace {

class EveryTaskTest : public ::testing::TestWithParam<std::string> {
 protected:
  std::vector<float> Action(uint64_t seed) const {
    return tests::UniformActions(environment_->spec().action_dim, seed);
  }
  std::vector<float> Observation() {
    std::vector<float> observation(static_cast<size_t>(environment_->spec().observation_dim));
    environment_->Observe(std::span<float>(observation));
    return observation;
  }
  std::vector<double> State() const {
    std::vector<double> state(static_cast<size_t>(environment_->spec().physics_dim));
    environment_->physics().GetState(state);
    return state;
  }
  // Observations and rewards of the first steps of an episode.
  std::vector<float> Trace(uint64_t seed) {
    environment_->Reset(seed);
    std::vector<float> trace = Observation();
    for (uint64_t step = 0; step < 30; ++step) {
      trace.push_back(static_cast<float>(environment_->Step(Action(step)).reward));
      const std::vector<float> observation = Observation();
      trace.insert(trace.end(), observation.begin(), observation.end());
    }
    return trace;
  }

  std::unique_ptr<Environment> environment_ = MakeEnvironment(GetParam(), tests::Assets());
};

TEST_P(EveryTaskTest, AgreesWithTheCatalog) {
  const datasets::TaskInfo& task = datasets::FindTask(GetParam());
  const datasets::DomainInfo& domain = datasets::FindDomain(task.domain);
  EXPECT_EQ(FindTaskEntry(GetParam()).domain->name, task.domain);
  const EnvironmentSpec& spec = environment_->spec();
  EXPECT_EQ(spec.observation_dim, domain.observation_dim);
  EXPECT_EQ(spec.action_dim, domain.action_dim);
  EXPECT_EQ(spec.physics_dim, domain.physics_dim);
  EXPECT_EQ(spec.episode_steps, domain.episode_steps);
}

// One whole random episode: its length, the range of its rewards, and both relabelling rules.
TEST_P(EveryTaskTest, PaysBetweenZeroAndOneAndRelabelsToTheSame) {
  environment_->Reset(301);
  std::vector<double> physics = State(), rewards = {environment_->Reward()};
  std::vector<float> actions;
  for (uint64_t step = 0;; ++step) {
    const std::vector<float> action = Action(step);
    const StepResult result = environment_->Step(action);
    ASSERT_FALSE(result.diverged);
    ASSERT_GE(result.reward, 0);
    ASSERT_LE(result.reward, 1);
    actions.insert(actions.end(), action.begin(), action.end());
    const std::vector<double> state = State();
    physics.insert(physics.end(), state.begin(), state.end());
    rewards.push_back(result.reward);
    if (result.last) break;
  }
  EXPECT_EQ(environment_->step(), environment_->spec().episode_steps);
  Relabeler relabeler({GetParam()}, tests::Assets(), RelabelRule::kRecordedControl);
  EXPECT_EQ(relabeler.Relabel(physics, actions)[0], rewards);
}

TEST_P(EveryTaskTest, AnEpisodeIsAFunctionOfItsSeed) {
  const std::vector<float> first = Trace(301);
  EXPECT_NE(Trace(302), first);
  EXPECT_EQ(Trace(301), first) << "also after another episode";
}

TEST_P(EveryTaskTest, ContinuesExactlyFromASavedState) {
  environment_->Reset(301);
  for (uint64_t step = 0; step < 40; ++step) environment_->Step(Action(step));
  Physics& physics = environment_->physics();
  std::vector<double> saved(static_cast<size_t>(physics.integration_state_dim()));
  physics.GetIntegrationState(saved);
  const double reward = environment_->Step(Action(40)).reward;
  const std::vector<float> observation = Observation();
  for (uint64_t step = 0; step < 5; ++step) environment_->Step(Action(step));
  physics.SetIntegrationState(saved);
  EXPECT_EQ(environment_->Step(Action(40)).reward, reward);
  EXPECT_EQ(Observation(), observation);
}

std::vector<std::string> TaskNames() {
  std::vector<std::string> names;
  for (const TaskEntry& entry : TaskList()) names.emplace_back(entry.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Tasks, EveryTaskTest, ::testing::ValuesIn(TaskNames()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace rl
