#include "rl/agents/crr_agent.h"

#include "tests/rl/agents/recorded_updates.h"
#include "tests/rl/agents/tiny_episodes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace rl {
namespace {

void ExpectRecordedUpdates(const std::string& weight) {
  const datasets::EpisodeTensors episodes = RandomEpisodes({10, 12}, 301);
  const RecordedUpdates recorded("crr_" + weight);
  AgentOptions options = RecordedUpdates::Options();
  options.crr.weight = weight;
  const ring::Ring alone;
  CrrAgent agent({.name = "crr",
                  .episodes = episodes,
                  .task = "walker_walk",
                  .options = options,
                  .ring = alone});
  recorded.Start(agent);
  for (int update = 0; update < RecordedUpdates::kNumUpdates; ++update) {
    const CrrNoise noise{.next_noise_BA = recorded.Draws(update, "next_noise"),
                         .value_noise_NBA = recorded.Draws(update, "value_noise")};
    const Metrics metrics =
        agent.UpdateWith(recorded.Batch(update), noise, RecordedUpdates::kLearningRate);
    recorded.ExpectMetrics(update, metrics, {"loss", "actor_loss"});
  }
  recorded.ExpectEnd(agent);
}

TEST(CrrAgentTest, UpdatesWithAnIndicatorEqualThoseOfAnotherImplementation) {
  ExpectRecordedUpdates("indicator");
}

TEST(CrrAgentTest, UpdatesWithAnExponentialEqualThoseOfAnotherImplementation) {
  ExpectRecordedUpdates("exp");
}

TEST(CrrAgentTest, UpdatesWithTheAdvantageItselfEqualThoseOfAnotherImplementation) {
  ExpectRecordedUpdates("identity");
}

TEST(CrrAgentTest, WeightsFollowTheirRule) {
  const at::Tensor advantage_B = at::tensor({-1.0F, 0.0F, 0.5F, 100.0F});
  const auto weights = [&](CrrWeight rule) {
    const at::Tensor weight_B = WeightOfAdvantage(advantage_B, rule);
    return std::vector<float>(weight_B.data_ptr<float>(), weight_B.data_ptr<float>() + 4);
  };
  EXPECT_EQ(weights(CrrWeight::kIndicator), (std::vector<float>{0, 0, 1, 1}));
  EXPECT_EQ(weights(CrrWeight::kIdentity), (std::vector<float>{-1, 0, 0.5, 100}));
  const std::vector<float> exponential = weights(CrrWeight::kExp);
  EXPECT_FLOAT_EQ(exponential[0], std::exp(-1.0F));
  EXPECT_FLOAT_EQ(exponential[1], 1);
  EXPECT_FLOAT_EQ(exponential[3], 20);
}

}  // namespace
}  // namespace rl
