#include "rl/agents/td3_agent.h"

#include "tests/rl/agents/recorded_updates.h"
#include "tests/rl/agents/tiny_episodes.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace rl
