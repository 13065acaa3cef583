#include "models/agentic_transformer.h"

#include "tests/models/random_context.h"
#include "tests/support/tolerance.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace models {
namespace {

double MaxDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

class EveryLayoutTest : public testing::TestWithParam<TokenLayout> {
 protected:
  EveryLayoutTest() : network_(SmallOptions(GetParam()), MakeGenerator(301)) {}

  at::Tensor Forward(const Context& context) const {
    const at::NoGradGuard no_grad;
    return network_.Forward(Whole(context), /*dropout=*/nullptr, ring::Ring());
  }

  // Actions of the steps begin .. end, one at a time.
  at::Tensor Act(const Context& context, int64_t begin, int64_t end, TrunkCache& cache) const {
    std::vector<at::Tensor> actions;
    for (int64_t step = begin; step < end; ++step) {
      actions.push_back(network_.ActStep(StepAt(context, step), cache));
    }
    return at::stack(actions, /*dim=*/1);
  }

  AgenticTransformer network_;
};

TEST_P(EveryLayoutTest, ActingStepByStepEqualsForward) {
  const Context context = RandomContext(/*batch=*/3, /*steps=*/30, /*trajectory_steps=*/8);
  const auto cache = network_.MakeCache(3);
  EXPECT_LT(MaxDifference(Act(context, 0, 30, *cache), Forward(context)), tests::Tolerance(1e-5));
}

TEST_P(EveryLayoutTest, ActingBehindAppendedStepsEqualsForward) {
  const Context context = RandomContext(2, 30, 8);
  const at::Tensor expected = Forward(context);
  const auto cache = network_.MakeCache(2);
  // Whole steps into an empty cache, acting, whole steps behind a step that was only acted on.
  const at::Tensor first = network_.AppendSteps(Narrow(context, 0, 11), std::nullopt, *cache);
  EXPECT_EQ(cache->length(), 11 * network_.tokens_per_step());
  const at::Tensor second = Act(context, 11, 15, *cache);
  const at::Tensor third =
      network_.AppendSteps(Narrow(context, 15, 9), OutcomeAt(context, 14), *cache);
  const at::Tensor fourth = Act(context, 24, 30, *cache);
  const at::Tensor actions = at::cat({first, second, third, fourth}, /*dim=*/1);
  EXPECT_LT(MaxDifference(actions, expected), tests::Tolerance(1e-5));
}

TEST_P(EveryLayoutTest, TruncatingToWholeStepsEqualsNeverHavingSeenTheRest) {
  const Context context = RandomContext(2, 20, 8), other = RandomContext(2, 20, 8, /*seed=*/302);
  const auto cache = network_.MakeCache(2);
  network_.AppendSteps(Narrow(context, 0, 8), std::nullopt, *cache);
  Act(other, 8, 13, *cache);
  cache->Truncate(8 * network_.tokens_per_step());
  EXPECT_LT(MaxDifference(Act(context, 8, 20, *cache), Forward(context).narrow(1, 8, 12)),
            tests::Tolerance(1e-5));
}

TEST_P(EveryLayoutTest, ClearedCacheStartsANewContextWhateverCameBefore) {
  const Context context = RandomContext(2, 6, 8);
  const auto cache = network_.MakeCache(2);
  Act(context, 0, 6, *cache);
  cache->Clear();
  ContextStep first = StepAt(context, 0);
  first.previous = OutcomeAt(context, 5);
  EXPECT_LT(MaxDifference(network_.ActStep(first, *cache), Forward(context).select(1, 0)),
            tests::Tolerance(1e-5));
}

TEST_P(EveryLayoutTest, FutureNeverChangesThePast) {
  const Context context = RandomContext(2, 20, 8), other = RandomContext(2, 20, 8, /*seed=*/302);
  // Steps 0 .. 11 and the start of step 12 stay; its action and everything later change.
  Context changed = context;
  const auto replace_from = [](at::Tensor& x, const at::Tensor& by, int64_t begin) {
    x = at::cat({x.narrow(1, 0, begin), by.narrow(1, begin, x.size(1) - begin)}, /*dim=*/1);
  };
  replace_from(changed.action_BSA, other.action_BSA, 12);
  replace_from(changed.reward_BS, other.reward_BS, 12);
  replace_from(changed.completed_BS, other.completed_BS, 12);
  replace_from(changed.observation_BSO, other.observation_BSO, 13);
  replace_from(changed.return_to_go_BS, other.return_to_go_BS, 13);
  const at::Tensor before = Forward(context), after = Forward(changed);
  EXPECT_TRUE(at::equal(before.narrow(1, 0, 13), after.narrow(1, 0, 13)));
  EXPECT_GT(MaxDifference(before.narrow(1, 13, 1), after.narrow(1, 13, 1)), 1e-4);
}

TEST_P(EveryLayoutTest, PaddingAtTheRightChangesNothing) {
  const Context context = RandomContext(2, 20, 8);
  EXPECT_LT(MaxDifference(Forward(Narrow(context, 0, 13)), Forward(context).narrow(1, 0, 13)),
            tests::Tolerance(1e-6));
}

TEST_P(EveryLayoutTest, EveryInputButRewardsOfThreeTokensReachesALaterAction) {
  const Context context = RandomContext(1, 12, 6);
  const at::Tensor last = Forward(context).select(1, -1);
  for (at::Tensor Context::*field :
       {&Context::observation_BSO, &Context::action_BSA, &Context::reward_BS,
        &Context::return_to_go_BS, &Context::completed_BS}) {
    Context changed = context;
    changed.*field = (context.*field).clone();
    (changed.*field).select(1, 5).add_(1.0);  // the last step of the first trajectory
    const bool unseen = GetParam() == TokenLayout::kThree &&
                        (field == &Context::reward_BS || field == &Context::completed_BS);
    const double difference = MaxDifference(Forward(changed).select(1, -1), last);
    if (unseen) {
      EXPECT_EQ(difference, 0);
    } else {
      EXPECT_GT(difference, 1e-6);
    }
  }
}

TEST_P(EveryLayoutTest, StepAndTrajectoryIndexMatter) {
  const Context context = RandomContext(1, 6, 6);
  Context later_step = context, later_trajectory = context;
  later_step.step_BS = context.step_BS + 1;
  later_trajectory.trajectory_BS = context.trajectory_BS + 1;
  EXPECT_GT(MaxDifference(Forward(later_step), Forward(context)), 1e-4);
  EXPECT_GT(MaxDifference(Forward(later_trajectory), Forward(context)), 1e-4);
}

TEST_P(EveryLayoutTest, EveryParameterReceivesAGradient) {
  const Context context = RandomContext(2, 24, 12);
  network_.Forward(Whole(context), nullptr, ring::Ring()).square().sum().backward();
  for (const auto& parameter : network_.named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_GT(parameter.value().grad().abs().max().item<double>(), 0.0) << parameter.key();
  }
}

TEST_P(EveryLayoutTest, GradientEqualsFiniteDifferencesAlongARandomDirection) {
  const Context context = RandomContext(2, 10, 5);
  const DropoutKey key = {.seed = 301, .train_step = 1};
  const auto loss = [&] {
    return network_.Forward(Whole(context), &key, ring::Ring()).square().sum();
  };
  loss().backward();
  at::Generator generator = MakeGenerator(302);
  std::vector<at::Tensor> direction;
  double expected = 0;
  for (const at::Tensor& parameter : network_.parameters()) {
    direction.push_back(at::randn(parameter.sizes(), generator));
    expected += (parameter.grad() * direction.back()).sum().item<double>();
  }
  const at::NoGradGuard no_grad;
  const auto loss_at = [&](double distance) {
    for (size_t i = 0; i < direction.size(); ++i) {
      network_.parameters()[i].add_(direction[i], distance);
    }
    return loss().item<double>();
  };
  // Thousands of parameters move at once: longer steps show the curvature, shorter ones float32.
  const double step = 2e-4;
  const double above = loss_at(step), below = loss_at(-2 * step);
  EXPECT_NEAR((above - below) / (2 * step) / expected, 1.0, tests::Tolerance(2e-2));
}

TEST_P(EveryLayoutTest, DropoutChangesTrainingOnlyAndRepeatsWithItsKey) {
  const Context context = RandomContext(2, 10, 5);
  const DropoutKey key = {.seed = 301, .train_step = 1}, next = {.seed = 301, .train_step = 2};
  const auto run = [&](const DropoutKey* dropout) {
    return network_.Forward(Whole(context), dropout, ring::Ring());
  };
  EXPECT_TRUE(at::equal(run(&key), run(&key)));
  EXPECT_GT(MaxDifference(run(&key), run(&next)), 1e-4);
  EXPECT_GT(MaxDifference(run(&key), run(nullptr)), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Layouts, EveryLayoutTest,
                         testing::Values(TokenLayout::kThree, TokenLayout::kFour,
                                         TokenLayout::kFive, TokenLayout::kStep),
                         [](const auto& layout) { return ToString(layout.param); });

int64_t NumParameters(const AgenticTransformerOptions& options) {
  int64_t count = 0;
  const AgenticTransformer network(options, MakeGenerator(301));
  for (const at::Tensor& parameter : network.parameters()) count += parameter.numel();
  return count;
}

TEST(AgenticTransformerTest, ParameterCountIsTheSumOfItsParts) {
  // Walker: 24 observations, 6 actions. One layer: 4 d^2 + 4 d for attention, 8 d^2 + 5 d for the
  // feed-forward, 4 d for two norms. Around them the step table, two norms and the head.
  const int64_t d = 128, layers = 3 * (12 * d * d + 13 * d);
  const int64_t around = 1000 * d + 4 * d + (6 * d + 6);
  const int64_t three = (1 + 24 + 6) * d + 3 * d;
  const int64_t four = (1 + 24 + 6 + 2) * d + 4 * d, five = four + d;
  const int64_t step = (1 + 24 + 6 + 3) * d + d;
  const auto with = [](TokenLayout tokens) {
    return AgenticTransformerOptions{.observation_dim = 24, .action_dim = 6, .tokens = tokens};
  };
  EXPECT_EQ(NumParameters(with(TokenLayout::kThree)), layers + around + three);
  EXPECT_EQ(NumParameters(with(TokenLayout::kFour)), layers + around + four);
  EXPECT_EQ(NumParameters(with(TokenLayout::kFive)), layers + around + five);
  EXPECT_EQ(NumParameters(with(TokenLayout::kStep)), layers + around + step);
}

TEST(AgenticTransformerTest, ParameterNamesAreStable) {
  AgenticTransformerOptions options = SmallOptions(TokenLayout::kStep);
  options.num_layers = 1;
  const AgenticTransformer network(options, MakeGenerator(301));
  std::vector<std::string> names;
  for (const auto& parameter : network.named_parameters()) names.push_back(parameter.key());
  const std::vector<std::string> expected = {"embedding.fused_step.weight",
                                             "embedding.fused_step.bias",
                                             "embedding.step.weight",
                                             "embedding.trajectory.weight",
                                             "embedding.norm.weight",
                                             "embedding.norm.bias",
                                             "layers.0.attention_norm.weight",
                                             "layers.0.attention_norm.bias",
                                             "layers.0.attention.qkv.weight",
                                             "layers.0.attention.qkv.bias",
                                             "layers.0.attention.out.weight",
                                             "layers.0.attention.out.bias",
                                             "layers.0.feed_forward_norm.weight",
                                             "layers.0.feed_forward_norm.bias",
                                             "layers.0.feed_forward.up.weight",
                                             "layers.0.feed_forward.up.bias",
                                             "layers.0.feed_forward.down.weight",
                                             "layers.0.feed_forward.down.bias",
                                             "final_norm.weight",
                                             "final_norm.bias",
                                             "action.weight",
                                             "action.bias"};
  EXPECT_EQ(names, expected);
}

TEST(AgenticTransformerTest, EqualGeneratorsGiveEqualNetworks) {
  const AgenticTransformerOptions options = SmallOptions(TokenLayout::kFour);
  const AgenticTransformer a(options, MakeGenerator(301)), b(options, MakeGenerator(301)),
      c(options, MakeGenerator(302));
  EXPECT_TRUE(at::equal(a.parameters()[0], b.parameters()[0]));
  EXPECT_FALSE(at::equal(a.parameters()[0], c.parameters()[0]));
}

TEST(AgenticTransformerTest, ZeroHeadWithKnownBiasActsByArithmetic) {
  // With a zero head every action is tanh(bias): tanh(0.5) = 0.46211716, tanh(-1) = -0.76159416.
  AgenticTransformer network(SmallOptions(TokenLayout::kFour), MakeGenerator(301));
  const at::NoGradGuard no_grad;
  network.named_parameters()["action.weight"].zero_();
  at::Tensor bias = network.named_parameters()["action.bias"];
  bias[0] = 0.5;
  bias[1] = -1.0;
  const at::Tensor action = network.Forward(Whole(RandomContext(1, 3, 8)), nullptr, ring::Ring());
  EXPECT_NEAR(action[0][2][0].item<double>(), 0.46211716, 1e-7);
  EXPECT_NEAR(action[0][1][1].item<double>(), -0.76159416, 1e-7);
}

TEST(AgenticTransformerTest, ImpossibleContextsAreRefused) {
  const AgenticTransformer network(SmallOptions(TokenLayout::kFour), MakeGenerator(301));
  const auto refuses = [&](const Context& context) {
    EXPECT_THROW(network.Forward(Whole(context), nullptr, ring::Ring()), c10::ValueError);
  };
  refuses(RandomContext(1, 14, 13));  // step 12 with max_episode_steps = 12
  refuses(RandomContext(1, 10, 2));   // trajectory 4 with max_trajectories = 4
  Context wide = RandomContext(1, 3, 8);
  wide.observation_BSO = at::zeros({1, 3, kObservationDim + 1});
  refuses(wide);
  Context ragged = RandomContext(1, 3, 8);
  ragged.reward_BS = at::zeros({1, 2});
  refuses(ragged);
}

TEST(AgenticTransformerTest, ActingOnWithoutTheLastOutcomeIsRefused) {
  const AgenticTransformer network(SmallOptions(TokenLayout::kFour), MakeGenerator(301));
  const Context context = RandomContext(1, 3, 8);
  const auto cache = network.MakeCache(1);
  network.ActStep(StepAt(context, 0), *cache);
  ContextStep forgetful = StepAt(context, 1);
  forgetful.previous.reset();
  EXPECT_THROW(network.ActStep(forgetful, *cache), c10::ValueError);
}

}  // namespace
}  // namespace models
