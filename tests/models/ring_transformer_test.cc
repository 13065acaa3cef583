// A network over a ring is the same network: loss and gradients equal one process's.
#include "models/agentic_transformer.h"
#include "models/step_runner.h"
#include "ring/parallel/collectives.h"
#include "tests/models/random_context.h"
#include "tests/support/run_ring.h"
#include "tests/support/tolerance.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace models {
namespace {

// 37 steps: no ring divides them, so shards differ in size.
constexpr int64_t kSteps = 37;

struct Result {
  double loss = 0;
  std::vector<at::Tensor> gradients;
};

AgenticTransformerOptions WithDropout(TokenLayout tokens) {
  AgenticTransformerOptions options = SmallOptions(tokens);
  options.embedding_dropout = options.residual_dropout = options.attention_dropout = 0.2;
  return options;
}

// Squared distance of the actions from those taken, over the whole ring.
Result Train(const AgenticTransformerOptions& options, const Context& context,
             ring::LayoutKind layout, ring::RingMethod method, const ring::Ring& ring) {
  const AgenticTransformer network(options, MakeGenerator(301));
  const DropoutKey key = {.seed = 301, .train_step = 5};
  const ContextShard shard = TakeShard(context, layout, ring);
  const at::Tensor action_BSA = network.Forward(shard, &key, ring, method);
  const at::Tensor loss = (action_BSA - shard.context.action_BSA).square().sum();
  loss.backward();
  std::vector<at::Tensor> summands = {loss.detach().clone()};
  for (const at::Tensor& parameter : network.parameters()) summands.push_back(parameter.grad());
  ring::SumOverRing(summands, ring, "gradients");
  const double sum = summands[0].item<double>();
  summands.erase(summands.begin());
  return {.loss = sum, .gradients = summands};
}

void ExpectEqual(const Result& actual, const Result& expected) {
  // float32 sums in another order; gradients are compared with the largest of their tensor.
  EXPECT_NEAR(actual.loss / expected.loss, 1.0, tests::Tolerance(2e-6));
  ASSERT_EQ(actual.gradients.size(), expected.gradients.size());
  for (size_t i = 0; i < expected.gradients.size(); ++i) {
    const double scale = expected.gradients[i].abs().max().item<double>();
    const double difference =
        (actual.gradients[i] - expected.gradients[i]).abs().max().item<double>();
    EXPECT_LE(difference, tests::Tolerance(2e-5) * scale) << "parameter " << i;
  }
}

std::vector<Result> TrainOnRing(int ring_size, const AgenticTransformerOptions& options,
                                const Context& context, ring::LayoutKind layout,
                                ring::RingMethod method = ring::RingMethod::kRing) {
  std::vector<Result> results(static_cast<size_t>(ring_size));
  tests::RunRing(ring_size, [&](const ring::Ring& ring) {
    results[static_cast<size_t>(ring.rank())] = Train(options, context, layout, method, ring);
  });
  return results;
}

class RingTransformerTest : public testing::TestWithParam<std::tuple<TokenLayout, int>> {
 protected:
  AgenticTransformerOptions options_ = WithDropout(std::get<0>(GetParam()));
  int ring_size_ = std::get<1>(GetParam());
  Context context_ = RandomContext(/*batch=*/2, kSteps, /*trajectory_steps=*/10);

  Result OneProcess() const {
    return Train(options_, context_, ring::LayoutKind::kContiguous, ring::RingMethod::kRing,
                 ring::Ring());
  }
};

TEST_P(RingTransformerTest, LossAndGradientsEqualOneProcessInEveryLayout) {
  const Result expected = OneProcess();
  for (const auto layout :
       {ring::LayoutKind::kZigzag, ring::LayoutKind::kContiguous, ring::LayoutKind::kStriped}) {
    for (const Result& result : TrainOnRing(ring_size_, options_, context_, layout)) {
      SCOPED_TRACE(ring::Name(layout));
      ExpectEqual(result, expected);
    }
  }
}

TEST_P(RingTransformerTest, CollectingAllKeysFirstChangesNothing) {
  const Result expected = OneProcess();
  for (const Result& result : TrainOnRing(ring_size_, options_, context_, ring::LayoutKind::kZigzag,
                                          ring::RingMethod::kAllGather)) {
    ExpectEqual(result, expected);
  }
}

TEST_P(RingTransformerTest, RanksWithoutStepsTakePart) {
  context_ = RandomContext(/*batch=*/2, /*steps=*/1, /*trajectory_steps=*/10);
  const Result expected = OneProcess();
  for (const Result& result :
       TrainOnRing(ring_size_, options_, context_, ring::LayoutKind::kZigzag)) {
    ExpectEqual(result, expected);
  }
}

// Acting with the cache spread over a ring: every rank's actions, joined along the steps. Whole
// steps into an empty cache, single ones, whole ones behind a step that was only acted on; then
// some are forgotten and acted on anew.
at::Tensor Act(const AgenticTransformer& network, const Context& context, bool fast,
               const ring::Ring& ring) {
  const int64_t batch_size = context.reward_BS.size(0);
  const auto cache = network.MakeCache(batch_size, ring);
  StepRunner runner(network, batch_size);
  std::vector<at::Tensor> actions;
  const auto act = [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
      const ContextStep step = StepAt(context, index);
      actions.push_back(fast ? runner.ActStep(step, *cache) : network.ActStep(step, *cache));
    }
  };
  network.AppendSteps(Narrow(context, 0, 11), std::nullopt, *cache);
  act(11, 15);
  network.AppendSteps(Narrow(context, 15, 9), OutcomeAt(context, 14), *cache);
  act(24, 30);
  cache->Truncate(20 * network.tokens_per_step());
  act(20, kSteps);
  return at::stack(actions, /*dim=*/1);
}

class RingActingTest : public testing::TestWithParam<std::tuple<TokenLayout, int>> {};

TEST_P(RingActingTest, EqualsTheFullPassOfOneRankAndRanksDoNotDriftApart) {
  const auto [tokens, ring_size] = GetParam();
  const Context context = RandomContext(/*batch=*/2, kSteps, /*trajectory_steps=*/10);
  const AgenticTransformer network(SmallOptions(tokens), MakeGenerator(301));
  const at::NoGradGuard no_grad;
  const at::Tensor whole_BSA = network.Forward(Whole(context), nullptr, ring::Ring());
  const at::Tensor expected_BSA = at::cat({whole_BSA.narrow(1, 11, 4), whole_BSA.narrow(1, 24, 6),
                                           whole_BSA.narrow(1, 20, kSteps - 20)},
                                          /*dim=*/1);
  for (const bool fast : {false, true}) {
    std::vector<at::Tensor> actions(static_cast<size_t>(ring_size));
    tests::RunRing(ring_size, [&](const ring::Ring& ring) {
      actions[static_cast<size_t>(ring.rank())] = Act(network, context, fast, ring);
    });
    for (const at::Tensor& action_BSA : actions) {
      EXPECT_TRUE(at::equal(action_BSA, actions[0]));
      EXPECT_LT((action_BSA - expected_BSA).abs().max().item<double>(), tests::Tolerance(1e-5));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rings, RingTransformerTest,
                         testing::Combine(testing::Values(TokenLayout::kThree, TokenLayout::kFour,
                                                          TokenLayout::kFive, TokenLayout::kStep),
                                          testing::Values(2, 3)),
                         [](const auto& ring_case) {
                           return ToString(std::get<0>(ring_case.param)) + "_on_" +
                                  std::to_string(std::get<1>(ring_case.param));
                         });

INSTANTIATE_TEST_SUITE_P(Rings, RingActingTest,
                         testing::Combine(testing::Values(TokenLayout::kFour, TokenLayout::kFive,
                                                          TokenLayout::kStep),
                                          testing::Values(1, 2, 3, 4)),
                         [](const auto& ring_case) {
                           return ToString(std::get<0>(ring_case.param)) + "_on_" +
                                  std::to_string(std::get<1>(ring_case.param));
                         });

TEST(RingTransformerHeadsTest, ExchangingHeadsForTokensChangesNothing) {
  const AgenticTransformerOptions options = WithDropout(TokenLayout::kStep);  // two heads
  const Context context = RandomContext(2, kSteps, 10);
  const Result expected =
      Train(options, context, ring::LayoutKind::kContiguous, ring::RingMethod::kRing, ring::Ring());
  for (const Result& result :
       TrainOnRing(2, options, context, ring::LayoutKind::kZigzag, ring::RingMethod::kHeads)) {
    ExpectEqual(result, expected);
  }
}

}  // namespace
}  // namespace models
