#include "rl/agents/td3_agent.h"

#include "tests/rl/agents/recorded_updates.h"
#include "tests/rl/agents/tiny_episodes.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace rl {
namespace {

void ExpectRecordedUpdates(const std::string& name) {
  const datasets::EpisodeTensors episodes = RandomEpisodes({10, 12}, 301);
  const RecordedUpdates recorded(name);
  const AgentOptions options = RecordedUpdates::Options();
  const ring::Ring alone;
  Td3Agent agent({.name = name,
                  .episodes = episodes,
                  .task = "walker_walk",
                  .options = options,
                  .ring = alone},
                 /*clones=*/name == "td3_bc");
  recorded.Start(agent);
  for (int update = 0; update < RecordedUpdates::kNumUpdates; ++update) {
    const Td3Noise noise{.next_noise_BA = recorded.Draws(update, "next_noise"),
                         .noise_BA = recorded.Draws(update, "noise")};
    const Metrics metrics =
        agent.UpdateWith(recorded.Batch(update), noise, RecordedUpdates::kLearningRate);
    recorded.ExpectMetrics(update, metrics, {"loss", "actor_loss"});
  }
  recorded.ExpectEnd(agent);
}

TEST(Td3AgentTest, UpdatesOfTd3EqualThoseOfAnotherImplementation) { ExpectRecordedUpdates("td3"); }

TEST(Td3AgentTest, UpdatesOfTd3BcEqualThoseOfAnotherImplementation) {
  ExpectRecordedUpdates("td3_bc");
}

Td3Agent DelayedAgent(const datasets::EpisodeTensors& episodes, const AgentOptions& options) {
  const ring::Ring alone;
  return {{.name = "td3_bc",
           .episodes = episodes,
           .task = "walker_walk",
           .options = options,
           .ring = alone},
          /*clones=*/true};
}

NamedTensors Copies(const NamedTensors& tensors) {
  NamedTensors copies;
  for (const auto& [name, tensor] : tensors) copies[name] = tensor.detach().clone();
  return copies;
}

TEST(Td3AgentTest, ADelayedActorMovesInEveryDelaythUpdate) {
  const datasets::EpisodeTensors episodes = RandomEpisodes({10, 12}, 301);
  AgentOptions options = RecordedUpdates::Options();
  options.baseline.policy_delay = 3;
  Td3Agent agent = DelayedAgent(episodes, options);
  for (int64_t update = 0; update < 7; ++update) {
    const NamedTensors before = Copies(agent.ModelTensors());
    const Metrics metrics = agent.Update(update, RecordedUpdates::kLearningRate);
    const bool moves = update == 2 || update == 5;
    const bool reported = std::ranges::any_of(
        metrics, [](const auto& metric) { return metric.first == "actor_loss"; });
    EXPECT_EQ(Fingerprint(before) != Fingerprint(agent.ModelTensors()), moves) << update;
    EXPECT_EQ(reported, moves) << update;
  }
}

// Saved between two moves of the actor, whose optimizer has made fewer updates than the critic's.
TEST(Td3AgentTest, ADelayedAgentContinuesWhereItWasSaved) {
  const datasets::EpisodeTensors episodes = RandomEpisodes({10, 12}, 301);
  AgentOptions options = RecordedUpdates::Options();
  options.baseline.policy_delay = 2;
  Td3Agent agent = DelayedAgent(episodes, options), resumed = DelayedAgent(episodes, options);
  for (int64_t update = 0; update < 3; ++update) agent.Update(update, 1e-3);
  NamedTensors training;
  nlohmann::json scalars;
  agent.SaveTraining(training, scalars);
  resumed.LoadModel(agent.ModelTensors());
  resumed.LoadTraining(training, scalars);
  for (int64_t update = 3; update < 6; ++update) {
    EXPECT_EQ(agent.Update(update, 1e-3), resumed.Update(update, 1e-3)) << update;
  }
  EXPECT_EQ(Fingerprint(agent.ModelTensors()), Fingerprint(resumed.ModelTensors()));
}

}  // namespace
}  // namespace rl
