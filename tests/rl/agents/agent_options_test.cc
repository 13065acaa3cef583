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
      {"chain.window is -1", [](AgentOptions& o) { o.chain.window = -1; }},
      {"chain.batch is 0", [](AgentOptions& o) { o.chain.batch = 0; }},
      {"chain.return_scale is 0", [](AgentOptions& o) { o.chain.return_scale = 0; }},
      {"chain.order is \"best\"", [](AgentOptions& o) { o.chain.order = "best"; }},
      {"chain.relabel is \"all\"", [](AgentOptions& o) { o.chain.relabel = "all"; }},
      {"loss.trajectories is \"x\"", [](AgentOptions& o) { o.loss.trajectories = "x"; }},
      {"optimizer.beta1 is 1", [](AgentOptions& o) { o.optimizer.beta1 = 1; }},
      {"optimizer.beta2 is -1", [](AgentOptions& o) { o.optimizer.beta2 = -1; }},
      {"optimizer.epsilon is 0", [](AgentOptions& o) { o.optimizer.epsilon = 0; }},
      {"optimizer.weight_decay is -1", [](AgentOptions& o) { o.optimizer.weight_decay = -1; }},
      {"optimizer.gradient_clip is -1", [](AgentOptions& o) { o.optimizer.gradient_clip = -1; }},
      {"model.max_trajectories is 3", [](AgentOptions& o) { o.model.max_trajectories = 3; }},
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
                   .window = 50,
                   .batch = 3,
                   .order = "time",
                   .relabel = "own",
                   .return_scale = 10};
  options.loss.trajectories = "rising";
  options.optimizer.beta2 = 0.95;
  options.model.tokens = "step";
  options.seed = 0xFFFFFFFFFFFFFFFF;
  const nlohmann::json json = ToJson(options);
  const AgentOptions read = AgentOptionsFromJson(nlohmann::json::parse(json.dump()));
  EXPECT_EQ(ToJson(read), json);
  EXPECT_EQ(read.chain.window, 50);
  EXPECT_EQ(read.model.tokens, "step");
  EXPECT_EQ(read.seed, 0xFFFFFFFFFFFFFFFF);
}

TEST(AgentOptionsTest, IncompleteJsonIsRefusedByNameOfWhatIsMissing) {
  nlohmann::json json = ToJson({});
  json["chain"].erase("window");
  EXPECT_THAT([&] { AgentOptionsFromJson(json); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("window")));
}

}  // namespace
}  // namespace rl
