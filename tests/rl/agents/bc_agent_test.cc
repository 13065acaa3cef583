#include "rl/agents/bc_agent.h"

#include "rl/agents/algorithm_list.h"
#include "tests/rl/agents/recorded_updates.h"
#include "tests/rl/agents/saved_agent.h"
#include "tests/rl/agents/tiny_episodes.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace rl {
namespace {

TEST(BcAgentTest, UpdatesEqualThoseOfAnotherImplementation) {
  const datasets::EpisodeTensors episodes = RandomEpisodes({10, 12}, 301);
  const RecordedUpdates recorded("bc");
  const AgentOptions options = RecordedUpdates::Options();
  const ring::Ring alone;
  BcAgent agent({.name = "bc",
                 .episodes = episodes,
                 .task = "walker_walk",
                 .options = options,
                 .ring = alone});
  recorded.Start(agent);
  for (int update = 0; update < RecordedUpdates::kNumUpdates; ++update) {
    const Metrics metrics =
        agent.UpdateOnBatch(recorded.Batch(update), RecordedUpdates::kLearningRate);
    recorded.ExpectMetrics(update, metrics, {"loss"});
  }
  recorded.ExpectEnd(agent);
}

AgentOptions SmallOptions() {
  AgentOptions options;
  options.optimizer = {.weight_decay = 0, .gradient_clip = 0};
  options.baseline.batch = 32;
  options.baseline.hidden_dim = 16;
  options.validation_fraction = 0.2;
  options.seed = 301;
  return options;
}

TEST(BcAgentTest, LearnsToImitateSeenAndHeldOutEpisodes) {
  const auto agent = FindAlgorithm("bc").make(RandomEpisodes({30, 30, 30, 30, 30}, 301),
                                              "walker_walk", SmallOptions(), {});
  const double before = Get(agent->Validate(), "validation_loss");
  for (int64_t step = 0; step < 200; ++step) agent->Update(step, 3e-3);
  EXPECT_LT(Get(agent->Validate(), "validation_loss"), before - 0.5);
}

// Three micro-batches of 32 against one batch of 96: the same draws, the same gradient.
TEST(BcAgentTest, MicroBatchesMakeTheUpdateOfOneLargeBatch) {
  const datasets::EpisodeTensors episodes = RandomEpisodes({30, 30, 30}, 301);
  AgentOptions parts = SmallOptions(), whole = SmallOptions();
  parts.accumulate = 3;
  whole.baseline.batch = 96;
  const auto accumulating = FindAlgorithm("bc").make(episodes, "walker_walk", parts, {});
  const auto at_once = FindAlgorithm("bc").make(episodes, "walker_walk", whole, {});
  for (int64_t step = 0; step < 4; ++step) {
    const Metrics by_parts = accumulating->Update(step, 1e-3);
    const Metrics expected = at_once->Update(step, 1e-3);
    for (const char* name : {"loss", "gradient_norm", "steps"}) {
      EXPECT_NEAR(Get(by_parts, name) / Get(expected, name), 1, 1e-6) << name;
    }
  }
  for (const auto& [name, tensor] : at_once->ModelTensors()) {
    // Adam divides by the root of tiny squares, which rounding moves a little.
    EXPECT_TRUE(at::allclose(accumulating->ModelTensors().at(name), tensor, 1e-5, 1e-6)) << name;
  }
}

// Two of twenty episodes, the best, act 0.9 all the time, the others -0.9.
TEST(BcAgentTest, Bc10ImitatesTheBestTenthAlone) {
  std::vector<std::vector<float>> rewards(20, std::vector<float>(8, 0.1F));
  rewards[3].assign(8, 0.9F);
  rewards[11].assign(8, 0.8F);
  datasets::EpisodeTensors episodes = LabelledEpisodes(rewards, 3, 2);
  episodes.observation_NO.zero_();
  episodes.action_NA.fill_(-0.9);
  for (const int64_t best : {3, 11}) {
    episodes.action_NA.narrow(0, episodes.action_begin[best], 8).fill_(0.9);
  }
  AgentOptions options = SmallOptions();
  options.validation_fraction = 0;
  for (const std::string name : {"bc", "bc10"}) {
    const auto agent = FindAlgorithm(name).make(episodes, "walker_walk", options, {});
    for (int64_t step = 0; step < 200; ++step) agent->Update(step, 1e-2);
    const auto policy = agent->MakePolicy({});
    policy->StartChains(1, 0);
    policy->StartRollout();
    const double action = policy->Act(episodes.observation_NO.narrow(0, 0, 1))[0][0].item<double>();
    EXPECT_GT(action * (name == "bc" ? -1 : 1), 0.5) << name;
  }
}

}  // namespace
}  // namespace rl
