#include "rl/agents/actor_critic_agent.h"

#include "rl/agents/algorithm_list.h"
#include "tests/rl/agents/saved_agent.h"
#include "tests/rl/agents/tiny_episodes.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace rl {
namespace {

AgentOptions SmallOptions() {
  AgentOptions options;
  options.optimizer = {.weight_decay = 0, .gradient_clip = 0};
  options.baseline.batch = 64;
  options.baseline.hidden_dim = 32;
  options.validation_fraction = 0;
  options.seed = 301;
  return options;
}

TEST(ActorCriticAgentTest, TheTargetsCriticStartsAsTheCriticAndFollowsAtItsRate) {
  AgentOptions options = SmallOptions();
  options.baseline.target_rate = 0.25;
  const auto agent =
      FindAlgorithm("td3").make(RandomEpisodes({10, 12}, 301), "walker_walk", options, {});
  const SavedAgent before = Save(*agent);
  agent->Update(0, 1e-2);
  const SavedAgent after = Save(*agent);
  int compared = 0;
  for (const auto& [name, target] : after.training) {
    if (!name.starts_with("target_critic.")) continue;
    const std::string online = name.substr(std::string("target_").size());
    const at::Tensor start = before.training.at(online);
    EXPECT_TRUE(at::equal(before.training.at(name), start)) << name;
    const at::Tensor expected = start + (after.training.at(online) - start) * 0.25;
    EXPECT_LT((target - expected).abs().max().item<double>(), 1e-6) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 16);
}

TEST(ActorCriticAgentTest, RefusesMicroBatches) {
  AgentOptions options = SmallOptions();
  options.accumulate = 2;
  for (const char* name : {"td3", "td3_bc", "crr", "cql"}) {
    EXPECT_THROW(
        FindAlgorithm(name).make(RandomEpisodes({10, 12}, 301), "walker_walk", options, {}),
        std::invalid_argument)
        << name;
  }
}

// One observation, two actions, episodes of one step that end the task: the return is the reward.
// Half of the data does +0.5 for a reward of 1, half -0.5 for 0.
datasets::EpisodeTensors TwoActions() {
  std::vector<std::vector<float>> rewards;
  for (int i = 0; i < 20; ++i) rewards.push_back({i % 2 == 0 ? 1.0F : 0.0F});
  datasets::EpisodeTensors episodes = LabelledEpisodes(rewards, 2, 1);
  episodes.observation_NO.fill_(0.5);
  for (int64_t i = 0; i < 20; ++i) episodes.action_NA[i].fill_(i % 2 == 0 ? 0.5 : -0.5);
  episodes.terminated.assign(20, 1);
  return episodes;
}

// Imitation alone would act 0.
TEST(ActorCriticAgentTest, EveryAlgorithmPrefersTheRewardedAction) {
  at::set_num_threads(1);  // threads on a busy machine wait for each other longer than they compute
  const datasets::EpisodeTensors episodes = TwoActions();
  for (const std::string name : {"td3", "td3_bc", "crr", "cql"}) {
    const auto agent = FindAlgorithm(name).make(episodes, "walker_walk", SmallOptions(), {});
    for (int64_t step = 0; step < 300; ++step) agent->Update(step, 3e-3);
    const auto policy = agent->MakePolicy({});
    policy->StartChains(1, 0);
    policy->StartRollout();
    EXPECT_GT(policy->Act(at::full({1, 2}, 0.5)).item<double>(), 0.2) << name;
  }
}

}  // namespace
}  // namespace rl
