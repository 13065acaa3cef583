// What holds for every algorithm that reads sequences.
#include "rl/agents/sequence_agent.h"

#include "rl/agents/algorithm_list.h"
#include "tests/rl/agents/saved_agent.h"
#include "tests/rl/agents/tiny_episodes.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class SequenceAgentTest : public ::testing::TestWithParam<std::string> {
 protected:
  static AgentOptions SmallOptions() {
    AgentOptions options;
    options.chain = {.trajectories = 3, .window = 6, .batch = 4};
    options.dt = {.context_steps = 6, .batch = 8};
    options.model.layers = 2;
    options.model.dim = 16;
    options.model.tokens = GetParam() == "dt" ? "three" : "step";
    options.model.max_episode_steps = 10;
    options.validation_fraction = 0.2;
    options.seed = 301;
    return options;
  }

  // Twelve episodes of 10 to 14 steps.
  static std::unique_ptr<Algorithm> MakeAgent(const AgentOptions& options = SmallOptions()) {
    const datasets::EpisodeTensors episodes =
        RandomEpisodes({10, 12, 14, 11, 13, 10, 12, 14, 11, 13, 10, 12}, 301);
    return FindAlgorithm(GetParam()).make(episodes, "walker_walk", options, {});
  }
};

TEST_P(SequenceAgentTest, UpdatesLowerTheLossOnSeenAndHeldOutEpisodes) {
  AgentOptions options = SmallOptions();
  options.model.embedding_dropout = options.model.residual_dropout = 0;
  const auto agent = MakeAgent(options);
  const double validation_before = Get(agent->Validate(), "validation_loss");
  double first = 0, last = 0;
  for (int64_t step = 0; step < 150; ++step) {
    const double loss = Get(agent->Update(step, 3e-3), "loss");
    if (step < 10) first += loss / 10;
    if (step >= 140) last += loss / 10;
  }
  EXPECT_LT(last, first / 4);
  EXPECT_LT(Get(agent->Validate(), "validation_loss"), validation_before / 2);
}

// Two micro-batches against one batch twice as large: the same draws, masks and gradient.
TEST_P(SequenceAgentTest, MicroBatchesMakeTheUpdateOfOneLargeBatch) {
  AgentOptions parts = SmallOptions(), whole = SmallOptions();
  parts.accumulate = 2;
  whole.chain.batch *= 2;
  whole.dt.batch *= 2;
  const auto accumulating = MakeAgent(parts), at_once = MakeAgent(whole);
  for (int64_t step = 0; step < 4; ++step) {
    const Metrics by_parts = accumulating->Update(step, 1e-3);
    const Metrics expected = at_once->Update(step, 1e-3);
    EXPECT_EQ(Get(by_parts, "steps"), Get(expected, "steps"));
    // The gradient clipped, weights move by about the rate: rounding is what is left.
    EXPECT_NEAR(Get(by_parts, "loss") / Get(expected, "loss"), 1, 2e-6) << step;
    EXPECT_NEAR(Get(by_parts, "gradient_norm") / Get(expected, "gradient_norm"), 1, 2e-6) << step;
  }
}

TEST_P(SequenceAgentTest, ASavedAndRestoredAgentContinuesBitForBit) {
  ExpectContinuesBitForBit([] { return MakeAgent(); });
}

TEST_P(SequenceAgentTest, SeedsDecideEverything) {
  AgentOptions other = SmallOptions();
  other.seed = 302;
  ExpectSeedsDecideEverything([] { return MakeAgent(); }, *MakeAgent(other));
}

TEST_P(SequenceAgentTest, ValidatingRepeatsItselfAndChangesNothing) {
  const auto agent = MakeAgent();
  agent->Update(0, 1e-3);
  const SavedAgent before = Save(*agent);
  const Metrics once = agent->Validate();
  EXPECT_EQ(agent->Validate(), once);
  const SavedAgent after = Save(*agent);
  ExpectEqual(after.model, before.model);
  EXPECT_EQ(after.scalars, before.scalars);
}

TEST_P(SequenceAgentTest, WithoutHeldOutEpisodesThereIsNoValidationLoss) {
  AgentOptions options = SmallOptions();
  options.validation_fraction = 0;
  EXPECT_TRUE(MakeAgent(options)->Validate().empty());
}

TEST_P(SequenceAgentTest, ACheckpointAloneMakesTheSamePolicy) {
  const auto agent = MakeAgent();
  for (int64_t step = 0; step < 3; ++step) agent->Update(step, 1e-2);
  const auto policy = agent->MakePolicy({});
  const auto restored = MakePolicyFromCheckpoint(nlohmann::json::parse(agent->ModelConfig().dump()),
                                                 Copy(agent->ModelTensors()), {});
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(301);
  for (BatchPolicy* each : {policy.get(), restored.get()}) each->StartChains(2, 301);
  for (int rollout = 0; rollout < 2; ++rollout) {
    for (BatchPolicy* each : {policy.get(), restored.get()}) each->StartRollout();
    for (int t = 0; t < 8; ++t) {
      const at::Tensor observation_NO = at::randn({2, 3}, generator);
      EXPECT_TRUE(at::equal(policy->Act(observation_NO), restored->Act(observation_NO)));
      const at::Tensor reward_N = at::randn({2}, generator);
      for (BatchPolicy* each : {policy.get(), restored.get()}) each->Observe(reward_N);
    }
    for (BatchPolicy* each : {policy.get(), restored.get()}) each->FinishRollout();
  }
}

TEST_P(SequenceAgentTest, TheConfigRecordsWhatThePolicyNeeds) {
  const auto agent = MakeAgent();
  const nlohmann::json config = agent->ModelConfig();
  EXPECT_EQ(config.at("algorithm"), GetParam());
  EXPECT_EQ(config.at("task"), "walker_walk");
  EXPECT_EQ(config.at("options").at("model").at("max_episode_steps"), 14)
      << "raised to the longest episode";
  agent->Update(0, 1e-3);
  EXPECT_EQ(agent->ModelConfig(), config) << "the same for every step of a run";
}

TEST_P(SequenceAgentTest, AnIncompleteConfigIsRefusedInOneSentence) {
  const auto agent = MakeAgent();
  nlohmann::json config = agent->ModelConfig();
  config.erase("best_return");
  EXPECT_THAT([&] { MakePolicyFromCheckpoint(config, agent->ModelTensors(), {}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("config.json is incomplete")));
}

TEST_P(SequenceAgentTest, ACheckpointOfAnotherNetworkIsRefusedInOneSentence) {
  AgentOptions wide = SmallOptions();
  wide.model.dim = 32;
  const auto agent = MakeAgent();
  const NamedTensors before = Copy(agent->ModelTensors());
  EXPECT_THAT([&] { agent->LoadModel(MakeAgent(wide)->ModelTensors()); },
              ThrowsMessage<c10::ValueError>(HasSubstr("of the checkpoint's model is [")));
  EXPECT_THAT([&] { MakePolicyFromCheckpoint(MakeAgent(wide)->ModelConfig(), before, {}); },
              ThrowsMessage<c10::ValueError>(HasSubstr("of the checkpoint's model is [")));
  ExpectEqual(agent->ModelTensors(), before);
}

TEST_P(SequenceAgentTest, ABrokenTrainingStateIsRefusedAndChangesNothing) {
  const auto agent = MakeAgent();
  agent->Update(0, 1e-3);
  const SavedAgent good = Save(*agent);
  nlohmann::json scalars = good.scalars;
  scalars["sampler"] = "nonsense";
  EXPECT_THROW(agent->LoadTraining(good.training, scalars), std::invalid_argument);
  scalars.erase("sampler");
  EXPECT_THAT([&] { agent->LoadTraining(good.training, scalars); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("lacks")));
  EXPECT_THAT([&] { agent->LoadTraining({}, good.scalars); },
              ThrowsMessage<c10::ValueError>(HasSubstr("optimizer state has no tensor")));
  EXPECT_EQ(Save(*agent).scalars, good.scalars);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, SequenceAgentTest, ::testing::Values("at", "dt"),
                         [](const auto& algorithm) { return algorithm.param; });

}  // namespace
}  // namespace rl
