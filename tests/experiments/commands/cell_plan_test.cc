#include "experiments/commands/cell_plan.h"

#include <gtest/gtest.h>

namespace experiments {
namespace {

const ring::RingRates kRates{.flops_per_second = 1e11, .bytes_per_second = 1e10};

// The paper's context: 32 trajectories of 1000 steps of 4 tokens.
TrainOptions Paper(int64_t trajectories, int ring_size) {
  TrainOptions options;
  options.ring_size = ring_size;
  options.agent.chain.trajectories = trajectories;
  options.agent.model.layers = 24;
  options.agent.model.heads = 16;
  options.agent.model.dim = 1024;
  options.trainer.train_steps = 10;
  return options;
}

CellPlan Plan(const TrainOptions& options) {
  return PlanCell(options, datasets::FindDomain("walker"), kRates);
}

TEST(CellPlanTest, CountsTheTokensOfThePaper) {
  EXPECT_EQ(Plan(Paper(32, 1)).tokens, 128000);
  EXPECT_EQ(Plan(Paper(128, 1)).tokens, 512000);
  EXPECT_EQ(Plan(Paper(128, 16)).tokens_per_rank, 32000);
  TrainOptions windows = Paper(4, 1);
  windows.agent.chain.window = 32;
  windows.agent.chain.batch = 5;
  windows.agent.model.tokens = "step";
  EXPECT_EQ(Plan(windows).tokens, 4 * 32 * 5);
}

// 24 layers of 12 x 1024^2 weights and a little: the paper's "350M" without its embeddings.
TEST(CellPlanTest, CountsTheParametersOfThePaper) {
  EXPECT_NEAR(static_cast<double>(Plan(Paper(32, 1)).parameters), 303.6e6, 0.5e6);
}

TEST(CellPlanTest, ARingTakesMemoryOffEachRankButNotItsWeights) {
  const double one = Plan(Paper(128, 1)).bytes_per_rank;
  const double ring = Plan(Paper(128, 16)).bytes_per_rank;
  const double weights = 16 * static_cast<double>(Plan(Paper(128, 1)).parameters);
  EXPECT_GT(ring, weights);
  EXPECT_NEAR((ring - weights) * 16 / (one - weights), 1, 0.1);
}

TEST(CellPlanTest, ADecisionTransformerSeesWindows) {
  TrainOptions options;
  options.algorithm = "dt";
  options.agent.model.tokens = "three";
  EXPECT_EQ(Plan(options).tokens, 64 * 20 * 3);
}

// ExoRL's TD3+BC for walker: 35.4 GFLOP an update, as counted from its networks.
TEST(CellPlanTest, CountsTheOperationsOfExorlsBaseline) {
  TrainOptions options;
  options.algorithm = "td3_bc";
  options.trainer.train_steps = 500000;
  const CellPlan plan = Plan(options);
  EXPECT_EQ(plan.tokens, 1024);
  EXPECT_NEAR(plan.seconds_per_update * kRates.flops_per_second, 35.4e9, 0.2e9);
  EXPECT_NEAR(plan.hours, 500000 * 0.354 / 3600, 0.3);
}

}  // namespace
}  // namespace experiments
