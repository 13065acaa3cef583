#include "experiments/commands/commands.h"
#include "experiments/options/usage_error.h"
#include "tests/support/temporary_folder.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace experiments {
namespace {

nlohmann::json Plan(std::vector<std::string> arguments) {
  const tests::TemporaryFolder folder;
  const std::filesystem::path json = folder / "plan.json";
  arguments.insert(arguments.end(), {"--json", json.string()});
  EXPECT_EQ(RunPlan(arguments), 0);
  std::ifstream file(json);
  return nlohmann::json::parse(file);
}

// The rates are given, so nothing is measured and the numbers are those of arithmetic.
const std::vector<std::string> kGiven = {"--tokens=8192", "--ring-size=4",  "--heads=8",
                                         "--key-heads=4", "--head-dim=64",  "--layers=2",
                                         "--flops=1e11",  "--bandwidth=1e9"};

TEST(PlanTest, SaysWhatEachMethodCostsAndWhichToChoose) {
  const nlohmann::json plan = Plan(kGiven);
  EXPECT_EQ(plan["command"], "plan");
  EXPECT_EQ(plan["tokens_per_rank"], 2048);
  ASSERT_EQ(plan["rows"].size(), 3u);
  EXPECT_EQ(plan["rows"][0]["method"], "ring");
  EXPECT_EQ(plan["rows"][0]["forward_bytes_sent"], 3 * 2 * 4 * 2048 * 64 * 4);
  EXPECT_EQ(plan["rows"][2]["possible"], true);
  EXPECT_TRUE(plan["rows"][0]["longest_context"].is_null());
  EXPECT_TRUE(plan["chosen"].is_string());
}

TEST(PlanTest, ABudgetGivesTheLongestContext) {
  std::vector<std::string> arguments = kGiven;
  arguments.push_back("--budget=1e9");
  const nlohmann::json plan = Plan(arguments);
  EXPECT_GT(plan["rows"][0]["longest_context"], 8192);
  EXPECT_GT(plan["rows"][0]["longest_context"], plan["rows"][1]["longest_context"]);
  arguments.back() = "--budget=1000";
  EXPECT_TRUE(Plan(arguments)["chosen"].is_null());
}

TEST(PlanTest, MeasuresTheRatesThatAreNotGiven) {
  const nlohmann::json plan = Plan({"--tokens=4096"});
  EXPECT_GT(plan["flops_per_second"], 1e8);
  EXPECT_GT(plan["bytes_per_second"], 1e7);
}

TEST(PlanTest, RefusesWhatMakesNoSense) {
  EXPECT_THROW(RunPlan(std::vector<std::string>{"--layout=diagonal"}), UsageError);
  EXPECT_THROW(RunPlan(std::vector<std::string>{"--operands=int8"}), UsageError);
  EXPECT_THROW(RunPlan(std::vector<std::string>{"--budget=-1"}), UsageError);
  EXPECT_THROW(RunPlan(std::vector<std::string>{"--ring-size=0", "--flops=1", "--bandwidth=1"}),
               c10::ValueError);
}

}  // namespace
}  // namespace experiments
