#include "rl/env/relabel.h"

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

// What a collector would have stored of one episode.
struct StoredEpisode {
  std::vector<double> physics;
  std::vector<float> actions;
  std::vector<double> rewards;  // T + 1, row 0 that of the reset state
};

StoredEpisode PlayAtRandom(const std::string& task, int64_t num_steps, uint64_t seed) {
  const auto environment = MakeEnvironment(task, tests::Assets());
  const auto action_dim = static_cast<size_t>(environment->spec().action_dim);
  const auto physics_dim = static_cast<size_t>(environment->spec().physics_dim);
  StoredEpisode episode;
  episode.actions = tests::UniformActions(num_steps * static_cast<int64_t>(action_dim), seed);
  std::vector<double> state(physics_dim);
  const auto store = [&](double reward) {
    environment->physics().GetState(state);
    episode.physics.insert(episode.physics.end(), state.begin(), state.end());
    episode.rewards.push_back(reward);
  };
  environment->Reset(seed);
  store(environment->Reward());
  for (size_t step = 0; step < static_cast<size_t>(num_steps); ++step) {
    store(environment
              ->Step(std::span<const float>(episode.actions).subspan(step * action_dim, action_dim))
              .reward);
  }
  return episode;
}

TEST(RelabelTest, ZeroControlPaysCartpoleMoreThanItWasPaid) {
  const StoredEpisode episode = PlayAtRandom("cartpole_balance", 50, 301);
  Relabeler zero({"cartpole_balance"}, tests::Assets(), RelabelRule::kZeroControl);
  const auto rewards = zero.Relabel(episode.physics, {});
  ASSERT_EQ(rewards[0].size(), 51u);
  EXPECT_EQ(rewards[0][0], episode.rewards[0]);
  for (size_t row = 1; row < 51; ++row) EXPECT_GT(rewards[0][row], episode.rewards[row]);
}

TEST(RelabelTest, SeveralTasksAtOnceEqualEachAlone) {
  const StoredEpisode episode = PlayAtRandom("walker_walk", 30, 301);
  const std::vector<std::string> tasks = {"walker_flip", "walker_stand", "walker_run"};
  Relabeler together(tasks, tests::Assets(), RelabelRule::kRecordedControl);
  const auto rewards = together.Relabel(episode.physics, episode.actions);
  ASSERT_EQ(rewards.size(), 3u);
  for (size_t i = 0; i < tasks.size(); ++i) {
    Relabeler alone({tasks[i]}, tests::Assets(), RelabelRule::kRecordedControl);
    EXPECT_EQ(rewards[i], alone.Relabel(episode.physics, episode.actions)[0]) << tasks[i];
  }
}

TEST(RelabelTest, ManyEpisodesDoNotDependOnTheNumberOfThreads) {
  std::vector<StoredEpisode> episodes;
  for (uint64_t seed = 0; seed < 7; ++seed) {
    episodes.push_back(PlayAtRandom("cartpole_swingup", 20, seed));
  }
  std::vector<RelabelInput> inputs;
  for (const StoredEpisode& episode : episodes) {
    inputs.push_back({episode.physics, episode.actions});
  }
  const auto relabel = [&](int num_threads) {
    return RelabelEpisodes({"cartpole_swingup", "cartpole_swingup_sparse"}, tests::Assets(),
                           RelabelRule::kRecordedControl, inputs, num_threads);
  };
  const auto rewards = relabel(1);
  EXPECT_EQ(rewards, relabel(3));
  for (size_t i = 0; i < episodes.size(); ++i) EXPECT_EQ(rewards[i][0], episodes[i].rewards);
}

TEST(RelabelTest, AllTasksOfADomainShareOneModel) {
  const auto tasks = LoadTasksOfOneDomain({"walker_run", "walker_flip"}, tests::Assets());
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].models, tasks[1].models);
  EXPECT_EQ(tasks[1].spec.task, "walker_flip");
  const StoredEpisode episode = PlayAtRandom("walker_flip", 20, 301);
  const RelabelInput input = {episode.physics, episode.actions};
  const auto rewards = RelabelEpisodes(tasks, RelabelRule::kRecordedControl, {&input, 1}, 2);
  EXPECT_EQ(rewards[0][1], episode.rewards);
}

TEST(RelabelTest, AnEpisodeBeforeLeavesNoTrace) {
  for (const char* task : {"cartpole_swingup", "jaco_reach_top_left", "walker_run"}) {
    const StoredEpisode first = PlayAtRandom(task, 20, 301), second = PlayAtRandom(task, 20, 302);
    Relabeler used({task}, tests::Assets(), RelabelRule::kRecordedControl);
    used.Relabel(first.physics, first.actions);
    EXPECT_EQ(used.Relabel(second.physics, second.actions)[0], second.rewards) << task;
  }
}

TEST(RelabelTest, BadInputIsRefusedWithItsPlace) {
  Relabeler relabeler({"cartpole_swingup"}, tests::Assets(), RelabelRule::kRecordedControl);
  const std::vector<float> actions(2);
  EXPECT_THROW(relabeler.Relabel(std::vector<double>(11), actions), std::invalid_argument);
  EXPECT_THROW(relabeler.Relabel(std::vector<double>(), {}), std::invalid_argument);
  EXPECT_THROW(relabeler.Relabel(std::vector<double>(16), actions), std::invalid_argument);
  std::vector<double> physics(12);
  physics[9] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT([&] { relabeler.Relabel(physics, actions); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("not finite in row 2")));
}

TEST(RelabelTest, TasksOfTwoDomainsAreRefused) {
  EXPECT_THAT(
      [] {
        Relabeler({"walker_run", "cartpole_swingup"}, tests::Assets(), RelabelRule{});
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("different domains")));
}

}  // namespace
}  // namespace rl
