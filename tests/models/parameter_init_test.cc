#include "models/parameter_init.h"

#include "models/transformer_layer.h"
#include "tests/models/random_context.h"

#include <gtest/gtest.h>

namespace models {
namespace {

TEST(ParameterInitTest, DrawsEachKindFromItsOwnDistribution) {
  AgenticTransformerOptions options = SmallOptions(TokenLayout::kStep);
  options.model_dim = 64;
  TransformerLayer layer(options, /*layer=*/0);
  InitializeParameters(layer, /*std=*/0.02, /*num_layers=*/8, MakeGenerator(301));
  const auto parameters = layer.named_parameters();
  const auto std_of = [&](const char* name) { return parameters[name].std().item<double>(); };
  // 4096 draws or more: the relative error of a standard deviation is 1.1 %.
  EXPECT_NEAR(std_of("attention.qkv.weight") / 0.02, 1.0, 0.05);
  EXPECT_NEAR(std_of("feed_forward.up.weight") / 0.02, 1.0, 0.05);
  EXPECT_NEAR(std_of("attention.out.weight") / (0.02 / 4), 1.0, 0.05);  // sqrt(2 * 8) = 4
  EXPECT_NEAR(std_of("feed_forward.down.weight") / (0.02 / 4), 1.0, 0.05);
  EXPECT_EQ(parameters["attention.qkv.bias"].abs().max().item<double>(), 0.0);
  EXPECT_EQ(parameters["attention_norm.weight"].min().item<double>(), 1.0);
  EXPECT_EQ(parameters["feed_forward_norm.bias"].abs().max().item<double>(), 0.0);
}

}  // namespace
}  // namespace models
