// The ranks of a ring act as one, and as one rank does that remembers everything by itself.
#include "models/agentic_transformer.h"
#include "rl/agents/in_context_policy.h"
#include "tests/support/run_ring.h"
#include "tests/support/tolerance.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace rl {
namespace {

constexpr int64_t kChains = 2, kObservationDim = 5, kActionDim = 2;
constexpr uint64_t kSeed = 301;

std::shared_ptr<models::AgenticTransformer> RandomNetwork(models::TokenLayout tokens) {
  return std::make_shared<models::AgenticTransformer>(
      models::AgenticTransformerOptions{.observation_dim = kObservationDim,
                                        .action_dim = kActionDim,
                                        .num_layers = 2,
                                        .num_heads = 2,
                                        .model_dim = 16,
                                        .max_episode_steps = 20,
                                        .tokens = tokens,
                                        .initial_std = 0.3},
      at::make_generator<at::CPUGeneratorImpl>(kSeed));
}

// The actions of four rollouts of seven steps, of which a context holds three at most: the oldest
// is forgotten and the rest computed anew.
at::Tensor Act(const std::shared_ptr<models::AgenticTransformer>& network, int64_t window,
               const ring::Ring& ring) {
  const ContextBuilder builder(
      {.mean_O = at::full({kObservationDim}, 0.5), .std_O = at::full({kObservationDim}, 2.0)},
      /*return_scale=*/4);
  InContextPolicy policy(
      network, builder,
      {.target_return = 3.5, .window = window, .max_context_steps = 20, .ring = ring});
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(302);
  std::vector<at::Tensor> actions;
  policy.StartChains(kChains, kSeed);
  for (int rollout = 0; rollout < 4; ++rollout) {
    policy.StartRollout();
    for (int step = 0; step < 7; ++step) {
      actions.push_back(policy.Act(at::randn({kChains, kObservationDim}, generator)).clone());
      policy.Observe(at::rand({kChains}, generator));
    }
    policy.FinishRollout();
  }
  return at::cat(actions);
}

class RingActingTest
    : public testing::TestWithParam<std::tuple<models::TokenLayout, int64_t, int>> {};

TEST_P(RingActingTest, RanksActAsOneDoes) {
  const auto [tokens, window, ring_size] = GetParam();
  const auto network = RandomNetwork(tokens);
  const at::Tensor alone = Act(network, window, ring::Ring());
  std::vector<at::Tensor> actions(static_cast<size_t>(ring_size));
  tests::RunRing(ring_size, [&](const ring::Ring& ring) {
    actions[static_cast<size_t>(ring.rank())] = Act(network, window, ring);
  });
  for (const at::Tensor& mine : actions) {
    EXPECT_TRUE(at::equal(mine, actions[0])) << "ranks must not drift apart";
    EXPECT_LE((mine - alone).abs().max().item<double>(), tests::Tolerance(1e-5));
  }
}

INSTANTIATE_TEST_SUITE_P(Rings, RingActingTest,
                         testing::Combine(testing::Values(models::TokenLayout::kFour,
                                                          models::TokenLayout::kFive,
                                                          models::TokenLayout::kStep),
                                          testing::Values(0, 4), testing::Values(1, 2, 3, 4)),
                         [](const auto& test) {
                           return models::ToString(std::get<0>(test.param)) + "Window" +
                                  std::to_string(std::get<1>(test.param)) + "Ring" +
                                  std::to_string(std::get<2>(test.param));
                         });

}  // namespace
}  // namespace rl
