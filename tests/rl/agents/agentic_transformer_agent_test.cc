// What it shares with other algorithms is tested in sequence_agent_test.cc.
#include "rl/agents/agentic_transformer_agent.h"

#include "tests/rl/agents/saved_agent.h"
#include "tests/rl/agents/tiny_episodes.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

AgentOptions SmallOptions() {
  AgentOptions options;
  options.chain = {.trajectories = 3, .window = 6, .batch = 4};
  options.model.layers = 2;
  options.model.dim = 16;
  options.model.tokens = "four";
  options.validation_fraction = 0.2;
  options.seed = 301;
  return options;
}

// Twelve episodes of 10 to 14 steps.
AgenticTransformerAgent MakeAgent(const AgentOptions& options) {
  const datasets::EpisodeTensors episodes =
      RandomEpisodes({10, 12, 14, 11, 13, 10, 12, 14, 11, 13, 10, 12}, 301);
  return {episodes, "walker_walk", options, ring::Ring()};
}

TEST(AgenticTransformerAgentTest, MetricsCountTheStepsAndTokensOfTheUpdate) {
  AgentOptions options = SmallOptions();
  options.chain = {.trajectories = 1, .window = 6, .batch = 5};
  const Metrics metrics = MakeAgent(options).Update(0, 1e-3);
  EXPECT_EQ(Get(metrics, "steps"), 5 * 6);
  EXPECT_EQ(Get(metrics, "tokens"), 5 * 6 * 4);
  EXPECT_GT(Get(metrics, "gradient_norm"), 0);
}

// A network whose head is zero acts with zeros, and a chain of all episodes has no choice: the loss
// is what the weights make of the squared actions. Both episodes return 3, so the first has rank 1.
TEST(AgenticTransformerAgentTest, LossesAreWeightedAsWorkedOutByHand) {
  const datasets::EpisodeTensors episodes = LabelledEpisodes({{1, 2}, {3, 0}}, 2, 1);
  const std::vector<double> squares = {0, 0.001 * 0.001, 0.1 * 0.1, 0.101 * 0.101};
  const auto loss_of = [&](const std::string& trajectories, const std::string& advantage) {
    AgentOptions options = SmallOptions();
    options.chain = {.trajectories = 2, .count = "fixed"};
    options.loss = {.trajectories = trajectories, .advantage = advantage};
    options.validation_fraction = 0;
    AgenticTransformerAgent agent(episodes, "walker_walk", options, {});
    for (const char* name : {"action.weight", "action.bias"}) {
      agent.ModelTensors().at(name).detach().zero_();
    }
    return Get(agent.Update(0, 0), "loss");
  };
  const auto expect = [&](double loss, const std::vector<double>& weights) {
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    const double expected =
        std::inner_product(weights.begin(), weights.end(), squares.begin(), 0.0) / sum;
    EXPECT_NEAR(loss / expected, 1.0, 1e-5);
  };
  const double up = std::exp(std::sqrt(2.0)), down = 1 / up;  // as worked out in advantage.h
  expect(loss_of("all", "none"), {1, 1, 1, 1});
  expect(loss_of("last", "none"), {0, 0, 1, 1});
  expect(loss_of("rising", "none"), {0.5, 0.5, 1, 1});
  expect(loss_of("all", "step"), {1, up, 1, down});
  expect(loss_of("last", "step"), {0, 0, 1, down});
  expect(loss_of("rising", "step"), {0.5, 0.5 * up, 1, down});
}

TEST(AgenticTransformerAgentTest, ItsPolicyRemembersEarlierRollouts) {
  const auto policy = MakeAgent(SmallOptions()).MakePolicy({});
  const at::Tensor observation_NO = at::full({1, 3}, 0.5);
  policy->StartChains(1, 301);
  at::Tensor first_actions[2];
  for (at::Tensor& first_action : first_actions) {
    policy->StartRollout();
    first_action = policy->Act(observation_NO);
    policy->Observe(at::full({1}, 0.5));
    policy->FinishRollout();
  }
  EXPECT_FALSE(at::equal(first_actions[0], first_actions[1]));
}

TEST(AgenticTransformerAgentTest, MoreTrajectoriesThanEpisodesAreRefused) {
  AgentOptions options = SmallOptions();
  options.chain.trajectories = 11;
  EXPECT_THAT([&] { MakeAgent(options); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("but only 10 episodes are there")));
}

}  // namespace
}  // namespace rl
