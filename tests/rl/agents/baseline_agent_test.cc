// What every algorithm without memory promises, whatever its update.
#include "rl/agents/baseline_agent.h"

#include "rl/agents/algorithm_list.h"
#include "tests/rl/agents/saved_agent.h"
#include "tests/rl/agents/tiny_episodes.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <stdexcept>
#include <string>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

AgentOptions SmallOptions() {
  AgentOptions options;
  options.optimizer = {.weight_decay = 0, .gradient_clip = 0};
  options.baseline.batch = 16;
  options.baseline.hidden_dim = 8;
  options.baseline.normalize = true;
  options.validation_fraction = 0.2;
  options.seed = 301;
  return options;
}

class EveryBaselineTest : public ::testing::TestWithParam<std::string> {
 protected:
  static std::unique_ptr<Algorithm> MakeAgent(const AgentOptions& options = SmallOptions()) {
    return FindAlgorithm(GetParam())
        .make(RandomEpisodes({10, 12, 14, 11, 13, 10}, 301), "walker_walk", options, {});
  }
};

TEST_P(EveryBaselineTest, ASavedAndRestoredAgentContinuesBitForBit) {
  ExpectContinuesBitForBit([] { return MakeAgent(); });
}

TEST_P(EveryBaselineTest, SeedsDecideEverything) {
  AgentOptions other = SmallOptions();
  other.seed = 302;
  ExpectSeedsDecideEverything([] { return MakeAgent(); }, *MakeAgent(other));
}

TEST_P(EveryBaselineTest, MetricsNameWhatTheTrainerCounts) {
  const Metrics metrics = MakeAgent()->Update(0, 1e-3);
  EXPECT_EQ(metrics.at(0).first, "loss");
  EXPECT_EQ(metrics.at(1).first, "gradient_norm");
  EXPECT_GT(metrics.at(1).second, 0);
  EXPECT_EQ(Get(metrics, "steps"), 16);
  EXPECT_EQ(Get(metrics, "tokens"), 16);
  EXPECT_EQ(Get(metrics, "exposed_communication"), 0);
}

TEST_P(EveryBaselineTest, ValidatingRepeatsItselfAndChangesNothing) {
  const auto agent = MakeAgent();
  agent->Update(0, 1e-3);
  const SavedAgent before = Save(*agent);
  const Metrics once = agent->Validate();
  EXPECT_EQ(once.at(0).first, "validation_loss");
  EXPECT_EQ(agent->Validate(), once);
  const SavedAgent after = Save(*agent);
  ExpectEqual(after.model, before.model);
  ExpectEqual(after.training, before.training);
  EXPECT_EQ(after.scalars, before.scalars);
}

TEST_P(EveryBaselineTest, WithoutHeldOutEpisodesThereIsNoValidationLoss) {
  AgentOptions options = SmallOptions();
  options.validation_fraction = 0;
  EXPECT_TRUE(MakeAgent(options)->Validate().empty());
}

TEST_P(EveryBaselineTest, ACheckpointAloneMakesTheSamePolicy) {
  const auto agent = MakeAgent();
  for (int64_t step = 0; step < 3; ++step) agent->Update(step, 1e-2);
  const nlohmann::json config = agent->ModelConfig();
  EXPECT_EQ(config.at("algorithm"), GetParam());
  EXPECT_EQ(config.at("task"), "walker_walk");
  const auto policy = agent->MakePolicy({});
  const auto restored = MakePolicyFromCheckpoint(nlohmann::json::parse(config.dump()),
                                                 Copy(agent->ModelTensors()), {});
  const at::Tensor observation_NO = at::randn({4, 3}, at::make_generator<at::CPUGeneratorImpl>(1));
  for (BatchPolicy* each : {policy.get(), restored.get()}) {
    each->StartChains(4, 301);
    each->StartRollout();
  }
  const at::Tensor action_NA = policy->Act(observation_NO);
  EXPECT_EQ(action_NA.sizes(), at::IntArrayRef({4, 2}));
  EXPECT_TRUE(at::equal(action_NA, restored->Act(observation_NO)));
}

TEST_P(EveryBaselineTest, ABrokenTrainingStateIsRefusedAndChangesNothing) {
  const auto agent = MakeAgent();
  agent->Update(0, 1e-3);
  const SavedAgent good = Save(*agent);
  nlohmann::json scalars = good.scalars;
  scalars["sampler"] = "nonsense";
  EXPECT_THROW(agent->LoadTraining(good.training, scalars), std::invalid_argument);
  scalars.erase("sampler");
  EXPECT_THAT([&] { agent->LoadTraining(good.training, scalars); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("lacks")));
  EXPECT_THROW(agent->LoadTraining({}, good.scalars), c10::ValueError);
  const SavedAgent after = Save(*agent);
  ExpectEqual(after.training, good.training);
  EXPECT_EQ(after.scalars, good.scalars);
}

INSTANTIATE_TEST_SUITE_P(Baselines, EveryBaselineTest,
                         ::testing::Values("bc", "bc10", "td3", "td3_bc", "crr", "cql"),
                         [](const auto& algorithm) { return algorithm.param; });

}  // namespace
}  // namespace rl
