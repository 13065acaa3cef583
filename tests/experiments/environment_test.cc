#include "experiments/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace experiments {
namespace {

TEST(RunEnvironmentTest, RecordsHowTheRunWasStarted) {
  const std::vector<std::string> arguments{"--seed=1", "a b"};
  const nlohmann::json environment = RunEnvironment("dataset import", arguments);
  EXPECT_EQ(environment["command_line"],
            nlohmann::json::array({"ringrl", "dataset", "import", "--seed=1", "a b"}));
  EXPECT_EQ(environment["version"], ProgramVersion());
  EXPECT_EQ(environment["commit"], ProgramCommit());
  EXPECT_EQ(environment["libraries"]["MuJoCo"], "3.17.0");
  EXPECT_TRUE(environment["machine"].contains("cpu"));
}

TEST(ProgramCommitTest, IsACommitOrUnknown) {
  EXPECT_THAT(std::string(ProgramCommit()), ::testing::MatchesRegex("[0-9a-f]+[+]?|unknown"));
}

}  // namespace
}  // namespace experiments
