// A ring trains the agent that one process trains.
#include "rl/agents/algorithm_list.h"
#include "tests/rl/agents/tiny_episodes.h"
#include "tests/support/run_ring.h"
#include "tests/support/tolerance.h"

#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace rl {
namespace {

AgentOptions SmallOptions(const std::string& tokens) {
  AgentOptions options;
  options.chain = {.trajectories = 3, .window = 0, .batch = 2};
  options.model.layers = 2;
  options.model.heads = 2;
  options.model.dim = 16;
  options.model.tokens = tokens;
  options.model.attention_dropout = 0.1;
  options.model.max_episode_steps = 10;
  options.validation_fraction = 0.2;
  options.seed = 301;
  return options;
}

// Whole episodes of 7 to 14 steps: chains of different lengths, which no ring divides.
std::unique_ptr<Algorithm> MakeAgent(const AgentOptions& options, const ring::Ring& ring) {
  const datasets::EpisodeTensors episodes =
      RandomEpisodes({10, 12, 14, 11, 7, 10, 12, 14, 11, 13}, 301);
  return FindAlgorithm("at").make(episodes, "walker_walk", options, ring);
}

// What several updates leave behind.
struct Training {
  std::vector<double> losses, gradient_norms, tokens;
  double validation_loss = 0;
  uint64_t model = 0;
};

Training Train(const AgentOptions& options, const ring::Ring& ring) {
  const auto agent = MakeAgent(options, ring);
  Training training;
  for (int64_t step = 0; step < 8; ++step) {
    const Metrics metrics = agent->Update(step, 3e-3);
    training.losses.push_back(metrics.at(0).second);
    training.gradient_norms.push_back(metrics.at(1).second);
    training.tokens.push_back(metrics.at(2).second);
  }
  training.validation_loss = agent->Validate().at(0).second;
  training.model = Fingerprint(agent->ModelTensors());
  return training;
}

class RingTrainingTest : public testing::TestWithParam<std::tuple<std::string, int>> {};

TEST_P(RingTrainingTest, LossesOfSeveralUpdatesEqualOneProcess) {
  const AgentOptions options = SmallOptions(std::get<0>(GetParam()));
  const int ring_size = std::get<1>(GetParam());
  const Training expected = Train(options, ring::Ring());
  std::vector<Training> ranks(static_cast<size_t>(ring_size));
  tests::RunRing(ring_size, [&](const ring::Ring& ring) {
    ranks[static_cast<size_t>(ring.rank())] = Train(options, ring);
  });
  for (const Training& rank : ranks) {
    for (size_t i = 0; i < expected.losses.size(); ++i) {
      // Each update adds the rounding of float32 sums in another order to the parameters.
      EXPECT_NEAR(rank.losses[i] / expected.losses[i], 1.0, tests::Tolerance(1e-5)) << i;
      EXPECT_NEAR(rank.gradient_norms[i] / expected.gradient_norms[i], 1.0, tests::Tolerance(1e-4))
          << i;
    }
    EXPECT_NEAR(rank.validation_loss / expected.validation_loss, 1.0, tests::Tolerance(1e-5));
    EXPECT_EQ(rank.tokens, expected.tokens);
    EXPECT_EQ(rank.model, ranks[0].model) << "all ranks hold the same bits";
  }
}

TEST(RingTrainingBitsTest, ItsResultRepeatsToTheBit) {
  const AgentOptions options = SmallOptions("step");
  std::vector<uint64_t> models;
  for (int run = 0; run < 2; ++run) {
    std::vector<uint64_t> ranks(2);
    tests::RunRing(2, [&](const ring::Ring& ring) {
      ranks[static_cast<size_t>(ring.rank())] = Train(options, ring).model;
    });
    models.push_back(ranks[0]);
  }
  EXPECT_EQ(models[0], models[1]);
}

TEST(RingRefusalTest, AlgorithmsForOneProcessRefuseARingInOneSentence) {
  for (const std::string name : {"bc", "dt"}) {
    std::vector<std::string> refusals(2);
    tests::RunRing(2, [&](const ring::Ring& ring) {
      try {
        FindAlgorithm(name).make(RandomEpisodes({10, 12}, 301), "walker_walk", {}, ring);
      } catch (const std::invalid_argument& error) {
        refusals[static_cast<size_t>(ring.rank())] = error.what();
      }
    });
    for (const std::string& refusal : refusals) {
      EXPECT_THAT(refusal, testing::HasSubstr(name + " trains on one process, not on a ring of 2"));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rings, RingTrainingTest,
                         testing::Combine(testing::Values("three", "four", "five", "step"),
                                          testing::Values(2, 3)),
                         [](const auto& ring_case) {
                           return std::get<0>(ring_case.param) + "_on_" +
                                  std::to_string(std::get<1>(ring_case.param));
                         });

}  // namespace
}  // namespace rl
