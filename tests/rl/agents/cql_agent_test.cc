#include "rl/agents/cql_agent.h"

#include "tests/rl/agents/recorded_updates.h"
#include "tests/rl/agents/tiny_episodes.h"

#include <gtest/gtest.h>

#include <string>

namespace rl {
namespace {

void ExpectRecordedUpdates(const std::string& name, const CqlOptions& cql) {
  const datasets::EpisodeTensors episodes = RandomEpisodes({10, 12}, 301);
  const RecordedUpdates recorded(name);
  AgentOptions options = RecordedUpdates::Options();
  options.cql = cql;
  const ring::Ring alone;
  CqlAgent agent({.name = "cql",
                  .episodes = episodes,
                  .task = "walker_walk",
                  .options = options,
                  .ring = alone,
                  .head = models::ActorHead::kGaussian});
  recorded.Start(agent);
  for (int update = 0; update < RecordedUpdates::kNumUpdates; ++update) {
    const auto draws = [&](const char* what) { return recorded.Draws(update, what); };
    const CqlNoise noise{.uniform_action_NBA = draws("uniform_action"),
                         .penalty_noise_NBA = draws("penalty_noise"),
                         .next_penalty_noise_NBA = draws("next_penalty_noise"),
                         .next_noise_BA = draws("next_noise"),
                         .noise_BA = draws("noise")};
    const Metrics metrics =
        agent.UpdateWith(recorded.Batch(update), noise, RecordedUpdates::kLearningRate);
    recorded.ExpectMetrics(update, metrics, {"loss", "actor_loss", "penalty"});
  }
  recorded.ExpectEnd(agent);
}

TEST(CqlAgentTest, UpdatesAsExorlsEqualThoseOfAnotherImplementation) {
  ExpectRecordedUpdates("cql", {});
}

TEST(CqlAgentTest, UpdatesWithALearnedWeightAndWholeDensitiesEqualThoseOfAnotherImplementation) {
  ExpectRecordedUpdates("cql_lagrange",
                        {.lagrange = true, .log_density = "sum", .bound_mean = false});
}

}  // namespace
}  // namespace rl
