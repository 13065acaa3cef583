#include "rl/evaluate/evaluation_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace rl {
namespace {

const EvaluationResult kResult{.task = "walker_walk",
                               .chain_seeds = {11, 12},
                               .returns = {{100, 300}, {200, 400}},
                               .diverged = {{.chain = 1, .rollout = 0}}};

TEST(EvaluationReportTest, JsonHasTheKeysOtherProgramsRelyOn) {
  const nlohmann::json json = EvaluationJson(kResult, ReturnReference{});
  EXPECT_EQ(json.at("task"), "walker_walk");
  EXPECT_EQ(json.at("rows").at(1), nlohmann::json({{"seed", 12}, {"returns", {200.0, 400.0}}}));
  for (const char* protocol : {"first", "last", "mean", "max"}) {
    for (const char* key : {"mean", "standard_error", "normalized"}) {
      EXPECT_TRUE(json.at("protocols").at(protocol).at(key).is_number()) << protocol << key;
    }
  }
  EXPECT_EQ(json.at("protocols").at("last").at("mean"), 350);
  EXPECT_EQ(json.at("protocols").at("last").at("normalized"), 0.35);
  EXPECT_EQ(json.at("rollout_means"), nlohmann::json({150.0, 350.0}));
  EXPECT_EQ(json.at("diverged"), nlohmann::json({{{"chain", 1}, {"rollout", 0}}}));
}

TEST(EvaluationReportTest, AnUndefinedNumberIsNull) {
  const EvaluationResult one{.task = "t", .chain_seeds = {1}, .returns = {{5}}};
  const nlohmann::json json = nlohmann::json::parse(EvaluationJson(one, ReturnReference{}).dump());
  EXPECT_TRUE(json.at("protocols").at("max").at("standard_error").is_null());
}

TEST(EvaluationReportTest, ARowOfTheCurveHoldsProtocolsAndRollouts) {
  const Metrics metrics = EvaluationMetrics(kResult, ReturnReference{});
  ASSERT_EQ(metrics.size(), 4u * 3 + 2 + 1);
  EXPECT_EQ(metrics[0].first, "first_mean");
  EXPECT_EQ(metrics[0].second, 150);
  EXPECT_EQ(metrics[13].first, "rollout_2");
  EXPECT_EQ(metrics[13].second, 350);
  EXPECT_EQ(metrics[14].first, "diverged");
  EXPECT_EQ(metrics[14].second, 1);
}

TEST(EvaluationReportTest, EveryReturnHasItsColumn) {
  const Metrics metrics = ReturnMetrics(kResult);
  ASSERT_EQ(metrics.size(), 4u);
  EXPECT_EQ(metrics[1].first, "chain_1_rollout_2");
  EXPECT_EQ(metrics[1].second, 300);
  EXPECT_EQ(metrics[2].first, "chain_2_rollout_1");
  EXPECT_EQ(metrics[2].second, 200);
}

}  // namespace
}  // namespace rl
