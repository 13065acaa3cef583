// What it shares with other algorithms is tested in sequence_agent_test.cc.
#include "rl/agents/decision_transformer_agent.h"

#include "tests/rl/agents/recorded_updates.h"
#include "tests/rl/agents/saved_agent.h"
#include "tests/rl/agents/tiny_episodes.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace rl {
namespace {

AgentOptions SmallOptions() {
  AgentOptions options;
  options.dt = {.context_steps = 5, .batch = 6, .return_scale = 4};
  options.model = {.layers = 2,
                   .heads = 2,
                   .dim = 8,
                   .embedding_dropout = 0,
                   .residual_dropout = 0,
                   .tokens = "three",
                   .max_episode_steps = 12};
  options.validation_fraction = 0;
  options.seed = 301;
  return options;
}

datasets::EpisodeTensors RecordedEpisodes(const RecordedUpdates& recorded) {
  std::vector<int64_t> num_steps;
  const at::Tensor& lengths = recorded.Get("episodes/num_steps");
  for (int64_t i = 0; i < lengths.size(0); ++i) num_steps.push_back(lengths[i].item<int64_t>());
  datasets::EpisodeTensors episodes = RandomEpisodes(num_steps, /*seed=*/0);
  episodes.observation_NO = recorded.Get("episodes/observation");
  episodes.action_NA = recorded.Get("episodes/action");
  episodes.reward_N = recorded.Get("episodes/reward");
  for (size_t i = 0; i < num_steps.size(); ++i) {
    episodes.episode_return[i] = episodes.reward_N.narrow(0, episodes.action_begin[i], num_steps[i])
                                     .sum(at::kDouble)
                                     .item<double>();
  }
  return episodes;
}

// Those at an episode's end are shorter than the others.
std::vector<HindsightChain> RecordedWindows(const RecordedUpdates& recorded, int update,
                                            const datasets::EpisodeTensors& episodes) {
  const at::Tensor episode = recorded.Draws(update, "episode");
  const at::Tensor start = recorded.Draws(update, "start");
  std::vector<HindsightChain> windows;
  for (int64_t i = 0; i < episode.size(0); ++i) {
    const auto index = episode[i].item<int64_t>(), begin = start[i].item<int64_t>();
    const int64_t end = std::min(begin + 5, episodes.num_steps[index]);
    windows.push_back({{.segment = {.episode = index, .begin = begin, .end = end},
                        .target_return = episodes.episode_return[index],
                        .completes = true}});
  }
  return windows;
}

TEST(DecisionTransformerAgentTest, UpdatesEqualThoseOfAnotherImplementation) {
  const RecordedUpdates recorded("dt", "decision_transformer.safetensors");
  const datasets::EpisodeTensors episodes = RecordedEpisodes(recorded);
  AgentOptions options = SmallOptions();
  options.optimizer = {.epsilon = 1e-3, .weight_decay = 0.1, .gradient_clip = 2.25};
  DecisionTransformerAgent agent(episodes, "walker_walk", options, {});
  recorded.Start(agent);
  for (int update = 0; update < RecordedUpdates::kNumUpdates; ++update) {
    const Metrics metrics = agent.UpdateOnChains(RecordedWindows(recorded, update, episodes),
                                                 update, RecordedUpdates::kLearningRate);
    recorded.ExpectMetrics(update, metrics, {"loss", "gradient_norm"});
  }
  recorded.ExpectEnd(agent);
}

// Six windows of five steps, or fewer where an episode of seven ends: the counts are of real steps.
TEST(DecisionTransformerAgentTest, MetricsCountTheStepsAndTokensThatAreNoPadding) {
  const datasets::EpisodeTensors episodes = RandomEpisodes({7, 7, 7}, 301);
  DecisionTransformerAgent agent(episodes, "walker_walk", SmallOptions(), {});
  double steps = 0;
  for (int64_t update = 0; update < 50; ++update) {
    const Metrics metrics = agent.Update(update, 1e-3);
    EXPECT_EQ(Get(metrics, "tokens"), 3 * Get(metrics, "steps"));
    steps += Get(metrics, "steps");
  }
  // Starts 0 .. 6 leave 5, 5, 5, 4, 3, 2, 1 steps: 25 / 7, with a standard deviation of 1.5.
  EXPECT_NEAR(steps / 300, 25.0 / 7, 5 * 1.5 / std::sqrt(300.0));
}

TEST(DecisionTransformerAgentTest, ItsPolicyForgetsEarlierRollouts) {
  const datasets::EpisodeTensors episodes = RandomEpisodes({10, 12}, 301);
  const auto policy =
      DecisionTransformerAgent(episodes, "walker_walk", SmallOptions(), {}).MakePolicy({});
  const at::Tensor observation_NO = at::full({1, 3}, 0.5);
  policy->StartChains(1, 301);
  std::vector<at::Tensor> first_actions;
  for (int rollout = 0; rollout < 2; ++rollout) {
    policy->StartRollout();
    first_actions.push_back(policy->Act(observation_NO).clone());
    policy->Observe(at::full({1}, 0.5));
    policy->Act(observation_NO);
    policy->Observe(at::full({1}, 0.5));
    policy->FinishRollout();
  }
  EXPECT_TRUE(at::equal(first_actions[0], first_actions[1]));
}

TEST(DecisionTransformerAgentTest, ThePolicyIsAskedForTheBestReturnUnlessToldOtherwise) {
  const datasets::EpisodeTensors episodes = RandomEpisodes({10, 12}, 301);
  const DecisionTransformerAgent agent(episodes, "walker_walk", SmallOptions(), {});
  const auto first_action = [&](const PolicyOptions& options) {
    const auto policy = agent.MakePolicy(options);
    policy->StartChains(1, 301);
    policy->StartRollout();
    return policy->Act(at::full({1, 3}, 0.5));
  };
  const double best = *std::ranges::max_element(episodes.episode_return);
  EXPECT_TRUE(at::equal(first_action({}), first_action({.target_return = best})));
  EXPECT_FALSE(at::equal(first_action({}), first_action({.target_return = best / 2})));
}

TEST(DecisionTransformerAgentTest, EpisodesShorterThanTheContextAreLearnedFrom) {
  DecisionTransformerAgent agent(RandomEpisodes({3, 2}, 301), "walker_walk", SmallOptions(), {});
  EXPECT_LE(Get(agent.Update(0, 1e-3), "steps"), 3 * 6);
}

}  // namespace
}  // namespace rl
