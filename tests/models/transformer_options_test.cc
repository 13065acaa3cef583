#include "models/transformer_options.h"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace models {
namespace {

std::string ErrorOf(const std::function<void(AgenticTransformerOptions&)>& change) {
  AgenticTransformerOptions options = {.observation_dim = 24, .action_dim = 6};
  change(options);
  try {
    Validate(options);
  } catch (const c10::ValueError& error) {
    return error.what_without_backtrace();
  }
  return "";
}

TEST(TransformerOptionsTest, DefaultsWithDimensionsAreValid) {
  EXPECT_EQ(ErrorOf([](auto&) {}), "");
}

TEST(TransformerOptionsTest, ErrorsNameTheOptionAndItsValue) {
  using testing::HasSubstr;
  EXPECT_THAT(ErrorOf([](auto& o) { o.observation_dim = 0; }), HasSubstr("observation_dim is 0"));
  EXPECT_THAT(ErrorOf([](auto& o) { o.num_layers = -1; }), HasSubstr("num_layers is -1"));
  EXPECT_THAT(ErrorOf([](auto& o) { o.num_heads = 3; }), HasSubstr("model_dim (128)"));
  EXPECT_THAT(ErrorOf([](auto& o) { o.residual_dropout = 1.0; }), HasSubstr("residual_dropout"));
  EXPECT_THAT(ErrorOf([](auto& o) { o.initial_std = 0.0; }), HasSubstr("initial_std"));
  EXPECT_THAT(ErrorOf([](auto& o) { o.max_trajectories = -1; }), HasSubstr("max_trajectories"));
}

TEST(TransformerOptionsTest, NamesReadBackAndUnknownOnesAreRefused) {
  for (const TokenLayout tokens :
       {TokenLayout::kThree, TokenLayout::kFour, TokenLayout::kFive, TokenLayout::kStep}) {
    EXPECT_EQ(ParseTokenLayout(ToString(tokens)), tokens);
  }
  for (const Activation activation : {Activation::kRelu, Activation::kGelu}) {
    EXPECT_EQ(ParseActivation(ToString(activation)), activation);
  }
  EXPECT_THROW(ParseTokenLayout("six"), c10::ValueError);
  EXPECT_THROW(ParseActivation("tanh"), c10::ValueError);
}

TEST(TransformerOptionsTest, CountsTokensOfAStep) {
  EXPECT_EQ(TokensPerStep(TokenLayout::kThree), 3);
  EXPECT_EQ(TokensPerStep(TokenLayout::kFour), 4);
  EXPECT_EQ(TokensPerStep(TokenLayout::kFive), 5);
  EXPECT_EQ(TokensPerStep(TokenLayout::kStep), 1);
}

}  // namespace
}  // namespace models
