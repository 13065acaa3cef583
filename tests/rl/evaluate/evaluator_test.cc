// The evaluator with scripted policies on the real cartpole.
#include "rl/evaluate/evaluator.h"

#include <ATen/core/Tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace rl {
namespace {

using ::testing::Each;
using ::testing::Ge;

// Pushes against the pole's motion, harder in every later rollout: returns differ by initial state
// and by rollout. Notes the order of the calls.
class ScriptedPolicy : public BatchPolicy {
 public:
  void StartChains(int64_t num_chains, uint64_t) override {
    num_chains_ = num_chains;
    rollout_ = 0;
  }
  void StartRollout() override {
    ++rollout_;
    steps_ = 0;
  }
  at::Tensor Act(const at::Tensor& observation_NO) override {
    EXPECT_EQ(observation_NO.size(0), num_chains_);
    ++steps_;
    const at::Tensor velocity_N1 = observation_NO.slice(/*dim=*/1, 4, 5);
    return velocity_N1.mul(0.1 * static_cast<double>(rollout_)).clamp(-1, 1);
  }
  void Observe(const at::Tensor& reward_N) override {
    EXPECT_EQ(reward_N.numel(), num_chains_);
    collected_ += reward_N.sum().item<double>();
  }
  void FinishRollout() override { steps_per_rollout_.push_back(steps_); }

  const std::vector<int64_t>& steps_per_rollout() const { return steps_per_rollout_; }
  double collected() const { return collected_; }

 private:
  int64_t num_chains_ = 0, rollout_ = 0, steps_ = 0;
  double collected_ = 0;
  std::vector<int64_t> steps_per_rollout_;
};

EvaluationResult EvaluateScripted(ScriptedPolicy& policy, int num_chains, int num_threads) {
  VectorEnvironment environment({.task = "cartpole_swingup",
                                 .assets = RINGRL_ASSETS,
                                 .num_environments = num_chains,
                                 .num_threads = num_threads});
  return Evaluate(policy, environment,
                  {.num_chains = num_chains, .rollouts_per_chain = 2, .seed = 301});
}

TEST(EvaluatorTest, PlaysEveryRolloutOfEveryChainToItsEnd) {
  ScriptedPolicy policy;
  const EvaluationResult result = EvaluateScripted(policy, 3, 1);
  EXPECT_EQ(result.task, "cartpole_swingup");
  EXPECT_EQ(policy.steps_per_rollout(), (std::vector<int64_t>{1000, 1000}));
  ASSERT_EQ(result.returns.size(), 3u);
  double total = 0;
  for (const std::vector<double>& chain : result.returns) {
    ASSERT_EQ(chain.size(), 2u);
    EXPECT_THAT(chain, Each(Ge(0.0)));
    total += chain[0] + chain[1];
  }
  // The policy saw the rewards that were counted; summed per step in float32.
  EXPECT_NEAR(policy.collected(), total, 1e-3);
  EXPECT_TRUE(result.diverged.empty());
}

TEST(EvaluatorTest, ReturnsDoNotDependOnTheNumberOfThreads) {
  ScriptedPolicy one;
  ScriptedPolicy three;
  EXPECT_EQ(EvaluateScripted(one, 5, 1).returns, EvaluateScripted(three, 5, 3).returns);
}

TEST(EvaluatorTest, AChainDoesNotDependOnTheChainsBesideIt) {
  ScriptedPolicy few;
  ScriptedPolicy many;
  const EvaluationResult small = EvaluateScripted(few, 2, 1);
  EvaluationResult large = EvaluateScripted(many, 6, 2);
  large.returns.resize(2);
  large.chain_seeds.resize(2);
  EXPECT_EQ(small.returns, large.returns);
  EXPECT_EQ(small.chain_seeds, large.chain_seeds);
  // Otherwise equal returns would prove nothing.
  EXPECT_NE(small.returns[0], small.returns[1]);
  EXPECT_NE(small.returns[0][0], small.returns[0][1]);
}

TEST(EvaluatorTest, SeedsAreDistinct) {
  std::set<uint64_t> seeds;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    for (int64_t chain = 0; chain < 50; ++chain) {
      for (int64_t rollout = 0; rollout < 8; ++rollout) {
        seeds.insert(RolloutSeed(ChainSeed(seed, chain), rollout));
      }
    }
  }
  EXPECT_EQ(seeds.size(), 4u * 50 * 8);
}

// As a film is recorded: every state of every rollout is seen once, and the returns stay.
TEST(EvaluatorTest, ShowsEveryStateAndIsNotChangedByIt) {
  VectorEnvironment environment(
      {.task = "cartpole_swingup", .assets = RINGRL_ASSETS, .num_environments = 3});
  ScriptedPolicy watched;
  std::vector<int> steps;
  const EvaluationResult result =
      Evaluate(watched, environment,
               {.num_chains = 3, .rollouts_per_chain = 2, .seed = 301, .on_state = [&] {
                  steps.push_back(environment.environment(0).step());
                }});
  ASSERT_EQ(steps.size(), 2u * 1001);
  for (int i = 0; i < 2 * 1001; ++i) ASSERT_EQ(steps[static_cast<size_t>(i)], i % 1001);
  ScriptedPolicy alone;
  EXPECT_EQ(result.returns, EvaluateScripted(alone, 3, 1).returns);
}

TEST(EvaluatorTest, StopsWhenAskedAndSaysSo) {
  VectorEnvironment environment({.task = "cartpole_balance", .assets = RINGRL_ASSETS});
  ScriptedPolicy policy;
  int64_t steps = 0;
  const EvaluationResult result = Evaluate(policy, environment,
                                           {.num_chains = 1,
                                            .rollouts_per_chain = 1,
                                            .should_stop = [&steps] { return steps == 3; },
                                            .on_step =
                                                [&steps](int64_t done, int64_t total) {
                                                  EXPECT_EQ(total, 1000);
                                                  steps = done;
                                                }});
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(steps, 3);
}

TEST(EvaluatorTest, RefusesImpossibleRequests) {
  VectorEnvironment environment({.task = "cartpole_balance", .assets = RINGRL_ASSETS});
  ScriptedPolicy policy;
  EXPECT_ANY_THROW(Evaluate(policy, environment, {.num_chains = 2}));
  EXPECT_ANY_THROW(Evaluate(policy, environment, {.num_chains = 1, .rollouts_per_chain = 0}));
}

}  // namespace
}  // namespace rl
