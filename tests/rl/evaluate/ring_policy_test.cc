#include "rl/evaluate/ring_policy.h"

#include "rl/evaluate/evaluator.h"
#include "tests/support/run_ring.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rl {
namespace {

// Follows the pole and notes what it is told.
class NotingPolicy : public BatchPolicy {
 public:
  void StartChains(int64_t num_chains, uint64_t seed) override {
    calls_.push_back("chains " + std::to_string(num_chains) + " " + std::to_string(seed));
  }
  void StartRollout() override { calls_.push_back("rollout"); }
  at::Tensor Act(const at::Tensor& observation_NO) override {
    seen_.push_back(observation_NO.clone());
    return observation_NO.slice(/*dim=*/1, 4, 5).mul(0.1).clamp(-1, 1);
  }
  void Observe(const at::Tensor& reward_N) override { seen_.push_back(reward_N.clone()); }
  void FinishRollout() override { calls_.push_back("finish"); }

  const std::vector<std::string>& calls() const { return calls_; }
  const std::vector<at::Tensor>& seen() const { return seen_; }

 private:
  std::vector<std::string> calls_;
  std::vector<at::Tensor> seen_;
};

// Plays one short episode of two chains on the first rank; all ranks' policies.
std::vector<NotingPolicy> Play(int ring_size, int64_t stop_after) {
  std::vector<NotingPolicy> policies(static_cast<size_t>(ring_size));
  tests::RunRing(ring_size, [&](const ring::Ring& ring) {
    NotingPolicy& mine = policies[static_cast<size_t>(ring.rank())];
    if (ring.rank() > 0) return FollowPolicy(mine, ring);
    VectorEnvironment environment(
        {.task = "cartpole_swingup", .assets = RINGRL_ASSETS, .num_environments = 2});
    LeadingPolicy leading(mine, ring);
    int64_t steps = 0;
    const EvaluationResult result =
        Evaluate(leading, environment,
                 {.num_chains = 2,
                  .rollouts_per_chain = 1,
                  .seed = uint64_t{1} << 63 | 301,
                  .should_stop = [&] { return ++steps >= stop_after; }});
    EXPECT_EQ(result.interrupted, steps >= stop_after);
    leading.LetGo();
  });
  return policies;
}

class RingPolicyTest : public testing::TestWithParam<int> {};

TEST_P(RingPolicyTest, EveryRankIsToldWhatTheFirstIsTold) {
  const std::vector<NotingPolicy> policies = Play(GetParam(), /*stop_after=*/1000000);
  ASSERT_EQ(policies[0].calls(),
            (std::vector<std::string>{"chains 2 9223372036854776109", "rollout", "finish"}));
  ASSERT_EQ(policies[0].seen().size(), 2000);
  for (const NotingPolicy& policy : policies) {
    EXPECT_EQ(policy.calls(), policies[0].calls());
    ASSERT_EQ(policy.seen().size(), policies[0].seen().size());
    for (size_t i = 0; i < policy.seen().size(); ++i) {
      EXPECT_TRUE(at::equal(policy.seen()[i], policies[0].seen()[i])) << i;
    }
  }
}

TEST_P(RingPolicyTest, AnEvaluationThatIsGivenUpLetsEveryRankGo) {
  for (const NotingPolicy& policy : Play(GetParam(), /*stop_after=*/3)) {
    EXPECT_EQ(policy.seen().size(), 6);
  }
}

INSTANTIATE_TEST_SUITE_P(RingSizes, RingPolicyTest, testing::Values(1, 2, 3),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace rl
