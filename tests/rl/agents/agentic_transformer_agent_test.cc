#include "rl/agents/agentic_transformer_agent.h"

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
  options.model.tokens = "step";
  options.model.max_episode_steps = 10;
  options.validation_fraction = 0.2;
  options.seed = 301;
  return options;
}

// Twelve episodes of 10 to 14 steps.
std::unique_ptr<Algorithm> MakeAgent(const AgentOptions& options = SmallOptions(),
                                     const ring::Ring& ring = {}) {
  const datasets::EpisodeTensors episodes =
      RandomEpisodes({10, 12, 14, 11, 13, 10, 12, 14, 11, 13, 10, 12}, 301);
  return FindAlgorithm("at").make(episodes, "walker_walk", options, ring);
}

TEST(AgenticTransformerAgentTest, UpdatesLowerTheLossOnSeenAndHeldOutEpisodes) {
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

TEST(AgenticTransformerAgentTest, MetricsCountTheStepsAndTokensOfTheUpdate) {
  AgentOptions options = SmallOptions();
  options.chain = {.trajectories = 1, .window = 6, .batch = 5};
  options.model.tokens = "four";
  const Metrics metrics = MakeAgent(options)->Update(0, 1e-3);
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
    const auto agent = FindAlgorithm("at").make(episodes, "walker_walk", options, {});
    for (const char* name : {"action.weight", "action.bias"}) {
      agent->ModelTensors().at(name).detach().zero_();
    }
    return Get(agent->Update(0, 0), "loss");
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

TEST(AgenticTransformerAgentTest, ASavedAndRestoredAgentContinuesBitForBit) {
  ExpectContinuesBitForBit([] { return MakeAgent(); });
}

TEST(AgenticTransformerAgentTest, SeedsDecideEverything) {
  AgentOptions other = SmallOptions();
  other.seed = 302;
  ExpectSeedsDecideEverything([] { return MakeAgent(); }, *MakeAgent(other));
}

TEST(AgenticTransformerAgentTest, ValidatingRepeatsItselfAndChangesNothing) {
  const auto agent = MakeAgent();
  agent->Update(0, 1e-3);
  const SavedAgent before = Save(*agent);
  const Metrics once = agent->Validate();
  EXPECT_EQ(agent->Validate(), once);
  const SavedAgent after = Save(*agent);
  ExpectEqual(after.model, before.model);
  EXPECT_EQ(after.scalars, before.scalars);
}

TEST(AgenticTransformerAgentTest, WithoutHeldOutEpisodesThereIsNoValidationLoss) {
  AgentOptions options = SmallOptions();
  options.validation_fraction = 0;
  EXPECT_TRUE(MakeAgent(options)->Validate().empty());
}

TEST(AgenticTransformerAgentTest, ACheckpointAloneMakesTheSamePolicy) {
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

TEST(AgenticTransformerAgentTest, TheConfigRecordsWhatThePolicyNeeds) {
  const auto agent = MakeAgent();
  const nlohmann::json config = agent->ModelConfig();
  EXPECT_EQ(config.at("algorithm"), "at");
  EXPECT_EQ(config.at("task"), "walker_walk");
  EXPECT_EQ(config.at("options").at("model").at("max_episode_steps"), 14)
      << "raised to the longest episode";
  agent->Update(0, 1e-3);
  EXPECT_EQ(agent->ModelConfig(), config) << "the same for every step of a run";
}

TEST(AgenticTransformerAgentTest, ACheckpointOfAnotherNetworkIsRefusedInOneSentence) {
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

TEST(AgenticTransformerAgentTest, ABrokenTrainingStateIsRefusedAndChangesNothing) {
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

TEST(AgenticTransformerAgentTest, MoreTrajectoriesThanEpisodesAreRefused) {
  AgentOptions options = SmallOptions();
  options.chain.trajectories = 11;
  EXPECT_THAT([&] { MakeAgent(options); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("but only 10 episodes are there")));
}

}  // namespace
}  // namespace rl
