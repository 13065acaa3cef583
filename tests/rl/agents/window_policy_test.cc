// The oracle of acting is the full forward pass: what happened in the last K steps is recorded
// here, laid out as a stored dataset would be, and given to the network from scratch.
#include "rl/agents/window_policy.h"

#include "models/agentic_transformer.h"
#include "ring/layout/sequence_layout.h"
#include "ring/runtime/ring.h"
#include "tests/support/tolerance.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <tuple>
#include <vector>

namespace rl {
namespace {

constexpr int64_t kChains = 3;
constexpr int64_t kObservationDim = 5;
constexpr int64_t kActionDim = 2;
constexpr double kTarget = 3.5;

std::shared_ptr<models::AgenticTransformer> RandomNetwork(models::TokenLayout tokens) {
  return std::make_shared<models::AgenticTransformer>(
      models::AgenticTransformerOptions{.observation_dim = kObservationDim,
                                        .action_dim = kActionDim,
                                        .num_layers = 2,
                                        .num_heads = 2,
                                        .model_dim = 16,
                                        .max_episode_steps = 20,
                                        .tokens = tokens,
                                        .initial_std = 0.3},  // large: every input matters
      at::make_generator<at::CPUGeneratorImpl>(301));
}

ContextBuilder Builder() {
  return {{.mean_O = at::full({kObservationDim}, 0.5), .std_O = at::full({kObservationDim}, 2.0)},
          /*return_scale=*/4};
}

// One rollout of all chains so far, one tensor per step.
struct Record {
  std::vector<at::Tensor> observations_NO, actions_NA, rewards_N;
};

// The actions of the last step of `record`, whose action and reward are taken to be 9: nothing may
// look at them.
at::Tensor FullForward(const models::AgenticTransformer& network, Record record,
                       int64_t context_steps) {
  record.actions_NA.push_back(at::full({kChains, kActionDim}, 9.0));
  record.rewards_N.push_back(at::full({kChains}, 9.0));
  const StepTable table =
      MakeStepTable(at::stack(record.observations_NO, 1), at::stack(record.actions_NA, 1),
                    at::stack(record.rewards_N, 1));
  const auto end = static_cast<int64_t>(record.rewards_N.size());
  std::vector<HindsightChain> windows;
  for (int64_t n = 0; n < kChains; ++n) {
    const int64_t begin = std::max<int64_t>(0, end - context_steps);
    windows.push_back({{.segment = {.episode = n, .begin = begin, .end = end},
                        .target_return = kTarget,
                        .completes = false}});
  }
  const at::NoGradGuard no_grad;
  const models::ContextShard whole = models::TakeShard(Builder().Build(table, windows),
                                                       ring::LayoutKind::kContiguous, ring::Ring());
  return network.Forward(whole, /*dropout=*/nullptr, ring::Ring()).select(1, -1);
}

class EveryLayoutAndContextTest
    : public ::testing::TestWithParam<std::tuple<models::TokenLayout, int64_t>> {
 protected:
  // On tensors of a dozen numbers threads would only wait for each other.
  void SetUp() override { at::set_num_threads(1); }
};

// Two rollouts, the second of which must see nothing of the first; the longer goes through the
// buffer several times.
TEST_P(EveryLayoutAndContextTest, ActionsEqualThoseOfAFullForwardPassOverTheLastSteps) {
  const auto [tokens, context_steps] = GetParam();
  const auto network = RandomNetwork(tokens);
  WindowPolicy policy(network, Builder(),
                      {.target_return = kTarget, .context_steps = context_steps});
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(302);
  policy.StartChains(kChains, 301);
  for (const int64_t length : {5, 19}) {
    policy.StartRollout();
    Record record;
    for (int64_t t = 0; t < length; ++t) {
      record.observations_NO.push_back(at::randn({kChains, kObservationDim}, generator));
      const at::Tensor action_NA = policy.Act(record.observations_NO.back());
      const at::Tensor expected_NA = FullForward(*network, record, context_steps);
      // Float32 through two layers; the same sums, perhaps in another order.
      EXPECT_LE((action_NA - expected_NA).abs().max().item<double>(), tests::Tolerance(1e-5))
          << "step " << t;
      record.actions_NA.push_back(action_NA.clone());
      record.rewards_N.push_back(at::rand({kChains}, generator));
      policy.Observe(record.rewards_N.back());
    }
    policy.FinishRollout();
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, EveryLayoutAndContextTest,
                         ::testing::Combine(::testing::Values(models::TokenLayout::kThree,
                                                              models::TokenLayout::kFour,
                                                              models::TokenLayout::kStep),
                                            ::testing::Values(1, 2, 4, 30)),
                         [](const auto& test) {
                           return models::ToString(std::get<0>(test.param)) + "Context" +
                                  std::to_string(std::get<1>(test.param));
                         });

// By hand: target 3.5, scale 4, rewards of 0.5, so returns-to-go 0.875, 0.75, ...; the rollout that
// is asked for less acts otherwise.
TEST(WindowPolicyTest, ObservedRewardsLowerTheReturnAskedFor) {
  const auto network = RandomNetwork(models::TokenLayout::kThree);
  const auto action_after = [&](double target, double reward) {
    WindowPolicy policy(network, Builder(), {.target_return = target, .context_steps = 1});
    policy.StartChains(1, 301);
    policy.StartRollout();
    policy.Act(at::zeros({1, kObservationDim}));
    policy.Observe(at::full({1}, reward));
    return policy.Act(at::zeros({1, kObservationDim}));
  };
  EXPECT_TRUE(at::equal(action_after(3.5, 0.5), action_after(3.25, 0.25)));
  EXPECT_FALSE(at::equal(action_after(3.5, 0.5), action_after(3.5, 0.25)));
}

TEST(WindowPolicyTest, ChainsDoNotSeeEachOther) {
  WindowPolicy policy(RandomNetwork(models::TokenLayout::kThree), Builder(),
                      {.target_return = kTarget, .context_steps = 3});
  const auto last_action = [&](float other) {
    policy.StartChains(2, 301);
    policy.StartRollout();
    at::Tensor action_NA;
    for (int t = 0; t < 8; ++t) {
      at::Tensor observation_NO = at::full({2, kObservationDim}, 0.1F * static_cast<float>(t));
      observation_NO[1].fill_(other);
      action_NA = policy.Act(observation_NO).clone();
      policy.Observe(at::full({2}, 0.5));
    }
    return action_NA;
  };
  const at::Tensor a = last_action(0.3F), b = last_action(-2.0F);
  EXPECT_TRUE(at::equal(a[0], b[0]));
  EXPECT_FALSE(at::equal(a[1], b[1]));
}

TEST(WindowPolicyTest, ImpossibleContextsAndCallsOutOfTurnAreRefused) {
  const auto network = RandomNetwork(models::TokenLayout::kThree);
  EXPECT_THROW(WindowPolicy(network, Builder(), {.context_steps = 0}), c10::ValueError);
  WindowPolicy policy(network, Builder(), {});
  EXPECT_THROW(policy.Act(at::zeros({1, kObservationDim})), c10::Error);
  policy.StartChains(1, 301);
  policy.StartRollout();
  EXPECT_THROW(policy.Act(at::zeros({1, kObservationDim + 1})), c10::ValueError);
  policy.Act(at::zeros({1, kObservationDim}));
  EXPECT_THROW(policy.FinishRollout(), c10::Error);
}

}  // namespace
}  // namespace rl
