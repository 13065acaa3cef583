// The oracle is the full forward pass; acting by the layers themselves is held to it elsewhere.
#include "models/step_runner.h"

#include "models/agentic_transformer.h"
#include "tests/models/random_context.h"
#include "tests/support/tolerance.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace models {
namespace {

at::Tensor Forward(const AgenticTransformer& network, const Context& context) {
  const at::NoGradGuard no_grad;
  return network.Forward(Whole(context), /*dropout=*/nullptr, ring::Ring());
}

// Actions of the steps begin .. end, one at a time.
at::Tensor Act(StepRunner& runner, const Context& context, int64_t begin, int64_t end,
               TrunkCache& cache) {
  std::vector<at::Tensor> actions;
  for (int64_t step = begin; step < end; ++step) {
    actions.push_back(runner.ActStep(StepAt(context, step), cache));
  }
  return at::stack(actions, /*dim=*/1);
}

double MaxDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

class StepRunnerTest
    : public testing::TestWithParam<std::tuple<TokenLayout, int64_t, int64_t, Activation>> {
 protected:
  StepRunnerTest()
      : batch_(std::get<1>(GetParam())),
        context_(RandomContext(batch_, /*steps=*/30, /*trajectory_steps=*/8)),
        network_(Options(), MakeGenerator(301)),
        runner_(network_, batch_),
        cache_(network_.MakeCache(batch_)) {}

  // 72 channels: neither they nor a head's are whole vectors.
  static AgenticTransformerOptions Options() {
    AgenticTransformerOptions options = SmallOptions(std::get<0>(GetParam()));
    options.num_layers = 3;
    options.num_heads = std::get<2>(GetParam());
    options.model_dim = 72;
    options.activation = std::get<3>(GetParam());
    options.initial_std = 0.15;
    return options;
  }

  int64_t batch_;
  Context context_;
  AgenticTransformer network_;
  StepRunner runner_;
  std::unique_ptr<TrunkCache> cache_;
};

TEST_P(StepRunnerTest, ActingStepByStepEqualsForward) {
  EXPECT_LT(MaxDifference(Act(runner_, context_, 0, 30, *cache_), Forward(network_, context_)),
            tests::Tolerance(1e-5));
}

TEST_P(StepRunnerTest, GoesOnBehindWholeStepsAndAfterTruncation) {
  const at::Tensor expected = Forward(network_, context_);
  network_.AppendSteps(Narrow(context_, 0, 11), std::nullopt, *cache_);
  EXPECT_LT(MaxDifference(Act(runner_, context_, 11, 15, *cache_), expected.narrow(1, 11, 4)),
            tests::Tolerance(1e-5));
  network_.AppendSteps(Narrow(context_, 15, 9), OutcomeAt(context_, 14), *cache_);
  EXPECT_LT(MaxDifference(Act(runner_, context_, 24, 30, *cache_), expected.narrow(1, 24, 6)),
            tests::Tolerance(1e-5));
  cache_->Truncate(13 * network_.tokens_per_step());
  EXPECT_LT(MaxDifference(Act(runner_, context_, 13, 30, *cache_), expected.narrow(1, 13, 17)),
            tests::Tolerance(1e-5));
  cache_->Clear();
  ContextStep first = StepAt(context_, 0);
  first.previous = OutcomeAt(context_, 5);  // of a context that is forgotten
  EXPECT_LT(MaxDifference(runner_.ActStep(first, *cache_), expected.select(1, 0)),
            tests::Tolerance(1e-5));
}

INSTANTIATE_TEST_SUITE_P(Shapes, StepRunnerTest,
                         testing::Combine(testing::Values(TokenLayout::kThree, TokenLayout::kFour,
                                                          TokenLayout::kFive, TokenLayout::kStep),
                                          testing::Values(1, 8), testing::Values(1, 2),
                                          testing::Values(Activation::kRelu, Activation::kGelu)),
                         [](const auto& shape) {
                           return ToString(std::get<0>(shape.param)) + "_batch" +
                                  std::to_string(std::get<1>(shape.param)) + "_heads" +
                                  std::to_string(std::get<2>(shape.param)) + "_" +
                                  ToString(std::get<3>(shape.param));
                         });

// Long enough for several spans of keys, wide enough for several pieces of every product.
TEST(StepRunnerThreadsTest, BitsDoNotDependOnTheNumberOfThreads) {
  AgenticTransformerOptions options = SmallOptions(TokenLayout::kFour);
  options.model_dim = 128;
  options.max_episode_steps = 300;
  const AgenticTransformer network(options, MakeGenerator(301));
  const Context context = RandomContext(/*batch=*/2, /*steps=*/150, /*trajectory_steps=*/300);
  const int num_threads = at::get_num_threads();
  std::vector<at::Tensor> actions;
  for (const int threads : {1, 2, 4}) {
    at::set_num_threads(threads);
    const auto cache = network.MakeCache(2);
    StepRunner runner(network, 2);
    actions.push_back(Act(runner, context, 0, 150, *cache));
  }
  at::set_num_threads(num_threads);
  EXPECT_TRUE(at::equal(actions[0], actions[1]));
  EXPECT_TRUE(at::equal(actions[0], actions[2]));
}

TEST(StepRunnerWeightsTest, AreThoseOfTheMomentTheRunnerWasMade) {
  const AgenticTransformer network(SmallOptions(TokenLayout::kFour), MakeGenerator(301));
  const Context context = RandomContext(1, 3, 8);
  const auto cache = network.MakeCache(1);
  StepRunner before(network, 1);
  const at::Tensor expected = before.ActStep(StepAt(context, 0), *cache);
  {
    const at::NoGradGuard no_grad;
    for (at::Tensor& parameter : network.parameters()) parameter.mul_(1.5);
  }
  cache->Clear();
  EXPECT_TRUE(at::equal(before.ActStep(StepAt(context, 0), *cache), expected));
  cache->Clear();
  StepRunner after(network, 1);
  EXPECT_GT(MaxDifference(after.ActStep(StepAt(context, 0), *cache), expected), 1e-4);
}

TEST(StepRunnerChecksTest, RefusesWhatDoesNotFit) {
  const AgenticTransformer network(SmallOptions(TokenLayout::kFour), MakeGenerator(301));
  const Context context = RandomContext(1, 3, 8);
  const auto cache = network.MakeCache(1);
  StepRunner runner(network, 1);
  ContextStep step = StepAt(context, 0);
  step.observation_BO = at::zeros({1, kObservationDim + 1});
  EXPECT_THROW(runner.ActStep(step, *cache), c10::ValueError);
  step = StepAt(context, 0);
  step.step_B = step.step_B + 12;  // the table has 12 rows
  EXPECT_THROW(runner.ActStep(step, *cache), c10::ValueError);
  runner.ActStep(StepAt(context, 0), *cache);
  step = StepAt(context, 1);
  step.previous.reset();
  EXPECT_THROW(runner.ActStep(step, *cache), c10::ValueError);
}

}  // namespace
}  // namespace models
