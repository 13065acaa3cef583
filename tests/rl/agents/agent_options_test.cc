#include "rl/agents/agent_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(AgentOptionsTest, DefaultsAreValid) { ValidateOptions({}); }

TEST(AgentOptionsTest, EveryImpossibleValueIsNamedWithItsOption) {
  using Change = std::function<void(AgentOptions&)>;
  const std::vector<std::pair<std::string, Change>> cases{
      {"chain.trajectories is 0", [](AgentOptions& o) { o.chain.trajectories = 0; }},
      {"chain.count is \"all\"", [](AgentOptions& o) { o.chain.count = "all"; }},
      {"chain.draw is \"best\"", [](AgentOptions& o) { o.chain.draw = "best"; }},
      {"chain.band is 0", [](AgentOptions& o) { o.chain.band = 0; }},
      {"chain.band is 1.5", [](AgentOptions& o) { o.chain.band = 1.5; }},
      {"chain.window is -1", [](AgentOptions& o) { o.chain.window = -1; }},
      {"chain.batch is 0", [](AgentOptions& o) { o.chain.batch = 0; }},
      {"chain.return_scale is 0", [](AgentOptions& o) { o.chain.return_scale = 0; }},
      {"dt.context_steps is 0", [](AgentOptions& o) { o.dt.context_steps = 0; }},
      {"dt.batch is -1", [](AgentOptions& o) { o.dt.batch = -1; }},
      {"dt.return_scale is 0", [](AgentOptions& o) { o.dt.return_scale = 0; }},
      {"chain.order is \"best\"", [](AgentOptions& o) { o.chain.order = "best"; }},
      {"chain.relabel is \"all\"", [](AgentOptions& o) { o.chain.relabel = "all"; }},
      {"loss.trajectories is \"x\"", [](AgentOptions& o) { o.loss.trajectories = "x"; }},
      {"loss.advantage is \"yes\"", [](AgentOptions& o) { o.loss.advantage = "yes"; }},
      {"loss.temperature is 0", [](AgentOptions& o) { o.loss.temperature = 0; }},
      {"loss.max_weight is 0.5", [](AgentOptions& o) { o.loss.max_weight = 0.5; }},
      {"optimizer.beta1 is 1", [](AgentOptions& o) { o.optimizer.beta1 = 1; }},
      {"optimizer.beta2 is -1", [](AgentOptions& o) { o.optimizer.beta2 = -1; }},
      {"optimizer.epsilon is 0", [](AgentOptions& o) { o.optimizer.epsilon = 0; }},
      {"optimizer.weight_decay is -1", [](AgentOptions& o) { o.optimizer.weight_decay = -1; }},
      {"optimizer.gradient_clip is -1", [](AgentOptions& o) { o.optimizer.gradient_clip = -1; }},
      {"model.max_trajectories is 3", [](AgentOptions& o) { o.model.max_trajectories = 3; }},
      {"baseline.batch is 0", [](AgentOptions& o) { o.baseline.batch = 0; }},
      {"baseline.draw is \"step\"", [](AgentOptions& o) { o.baseline.draw = "step"; }},
      {"baseline.best_share is 0", [](AgentOptions& o) { o.baseline.best_share = 0; }},
      {"baseline.best_share is 1.5", [](AgentOptions& o) { o.baseline.best_share = 1.5; }},
      {"baseline.hidden_dim is 0", [](AgentOptions& o) { o.baseline.hidden_dim = 0; }},
      {"baseline.noise_std is 0", [](AgentOptions& o) { o.baseline.noise_std = 0; }},
      {"baseline.noise_clip is -1", [](AgentOptions& o) { o.baseline.noise_clip = -1; }},
      {"baseline.discount is 1.1", [](AgentOptions& o) { o.baseline.discount = 1.1; }},
      {"baseline.target_rate is 0", [](AgentOptions& o) { o.baseline.target_rate = 0; }},
      {"baseline.policy_delay is 0", [](AgentOptions& o) { o.baseline.policy_delay = 0; }},
      {"td3_bc.alpha is 0", [](AgentOptions& o) { o.td3_bc.alpha = 0; }},
      {"crr.weight is \"max\"", [](AgentOptions& o) { o.crr.weight = "max"; }},
      {"crr.value_samples is 0", [](AgentOptions& o) { o.crr.value_samples = 0; }},
      {"cql.alpha is -1", [](AgentOptions& o) { o.cql.alpha = -1; }},
      {"cql.samples is 0", [](AgentOptions& o) { o.cql.samples = 0; }},
      {"cql.log_density is \"x\"", [](AgentOptions& o) { o.cql.log_density = "x"; }},
      {"train.accumulate is 0", [](AgentOptions& o) { o.accumulate = 0; }},
      {"validation_fraction is 1", [](AgentOptions& o) { o.validation_fraction = 1; }},
      {"validation_batches is 0", [](AgentOptions& o) { o.validation_batches = 0; }},
  };
  for (const auto& [message, change] : cases) {
    AgentOptions options;
    change(options);
    EXPECT_THAT([&] { ValidateOptions(options); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(message + "; ")));
  }
}

TEST(AgentOptionsTest, JsonReadsBackAsTheSameOptions) {
  AgentOptions options;
  options.chain = {.trajectories = 7,
                   .count = "fixed",
                   .draw = "band",
                   .band = 0.25,
                   .window = 50,
                   .batch = 3,
                   .order = "time",
                   .relabel = "own",
                   .return_scale = 10};
  options.dt.context_steps = 30;
  options.loss = {
      .trajectories = "rising", .advantage = "linear", .temperature = 0.5, .max_weight = 5};
  options.optimizer.beta2 = 0.95;
  options.model.tokens = "step";
  options.baseline.draw = "transition";
  options.seed = 0xFFFFFFFFFFFFFFFF;
  const nlohmann::json json = ToJson(options);
  const AgentOptions read = AgentOptionsFromJson(nlohmann::json::parse(json.dump()));
  EXPECT_EQ(ToJson(read), json);
  EXPECT_EQ(read.chain.window, 50);
  EXPECT_EQ(read.dt.context_steps, 30);
  EXPECT_EQ(read.model.tokens, "step");
  EXPECT_EQ(read.seed, 0xFFFFFFFFFFFFFFFF);
}

TEST(AgentOptionsTest, AgentsFromBeforeThereWereOtherAlgorithmsAreStillRead) {
  nlohmann::json json = ToJson({});
  for (const char* section : {"dt", "baseline", "td3_bc", "crr", "cql"}) json.erase(section);
  EXPECT_EQ(ToJson(AgentOptionsFromJson(json)), ToJson({}));
}

TEST(AgentOptionsTest, OptionsThatCameLaterAreWhatTheyWereWithoutThem) {
  nlohmann::json json = ToJson({});
  for (const char* option : {"count", "draw", "band"}) json["chain"].erase(option);
  for (const char* option : {"advantage", "temperature", "max_weight"}) json["loss"].erase(option);
  EXPECT_EQ(ToJson(AgentOptionsFromJson(json)), ToJson({}));
}

TEST(AgentOptionsTest, IncompleteJsonIsRefusedByNameOfWhatIsMissing) {
  nlohmann::json json = ToJson({});
  json["chain"].erase("window");
  EXPECT_THAT([&] { AgentOptionsFromJson(json); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("window")));
}

}  // namespace
}  // namespace rl
