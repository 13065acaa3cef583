#include "models/step_embedding.h"

#include "models/agentic_transformer.h"
#include "models/token_embedding.h"
#include "tests/models/random_context.h"
#include "tests/support/tolerance.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <string>

namespace models {
namespace {

constexpr int64_t kChains = 3;

class StepEmbeddingTest : public testing::TestWithParam<TokenLayout> {
 protected:
  StepEmbeddingTest() : network_(SmallOptions(GetParam()), MakeGenerator(301)) {
    const auto parameters = network_.named_parameters();
    for (const auto& item : oracle_.named_parameters()) {
      const at::NoGradGuard no_grad;
      at::Tensor weight = item.value();
      weight.copy_(parameters["embedding." + item.key()]);
    }
  }

  at::Tensor Embed(const ContextStep& step, bool with_outcome) {
    const auto parameters = network_.named_parameters();
    StepEmbedding embedding(
        network_.options(), [&](const std::string& name) { return parameters[name]; }, kChains);
    at::Tensor x_BTD =
        at::full({kChains, embedding.NumTokens(with_outcome), network_.options().model_dim}, 9.0);
    embedding.Embed(step, with_outcome, x_BTD.mutable_data_ptr<float>());
    return x_BTD;
  }

  void ExpectEqual(const at::Tensor& actual_BTD, const at::Tensor& expected_BTD) {
    ASSERT_EQ(actual_BTD.sizes(), expected_BTD.sizes());
    EXPECT_LE((actual_BTD - expected_BTD).abs().max().item<double>(), tests::Tolerance(1e-5));
  }

  AgenticTransformer network_;
  TokenEmbedding oracle_{SmallOptions(GetParam())};
  // The fourth step begins the second trajectory: what precedes it is foreign.
  Context context_ = RandomContext(kChains, /*steps=*/5, /*trajectory_steps=*/3);
};

TEST_P(StepEmbeddingTest, EqualsTheTokensOfTheNetwork) {
  for (int64_t index = 0; index < 5; ++index) {
    const ContextStep step = StepAt(context_, index);
    ExpectEqual(Embed(step, /*with_outcome=*/false), oracle_.EmbedStart(step));
  }
}

// The layouts where what followed the step before has tokens of its own.
using StepOutcomeTest = StepEmbeddingTest;

TEST_P(StepOutcomeTest, TheOutcomeBeforeEntersFirst) {
  for (int64_t index = 1; index < 5; ++index) {
    const ContextStep step = StepAt(context_, index);
    ExpectEqual(Embed(step, /*with_outcome=*/true),
                at::cat({oracle_.EmbedOutcome(*step.previous), oracle_.EmbedStart(step)}, 1));
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, StepOutcomeTest,
                         testing::Values(TokenLayout::kThree, TokenLayout::kFour,
                                         TokenLayout::kFive),
                         [](const auto& layout) { return ToString(layout.param); });

INSTANTIATE_TEST_SUITE_P(Layouts, StepEmbeddingTest,
                         testing::Values(TokenLayout::kThree, TokenLayout::kFour,
                                         TokenLayout::kFive, TokenLayout::kStep),
                         [](const auto& layout) { return ToString(layout.param); });

}  // namespace
}  // namespace models
