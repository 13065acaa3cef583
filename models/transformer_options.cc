#include "models/transformer_options.h"

#include <c10/util/Exception.h>

namespace models {
namespace {

void RequireAtLeast(int64_t value, int64_t least, const char* name) {
  TORCH_CHECK_VALUE(value >= least, name, " is ", value, ", but must be at least ", least);
}

void RequireProbability(double value, const char* name) {
  TORCH_CHECK_VALUE(value >= 0.0 && value < 1.0, name, " is ", value,
                    ", but must lie in [0, 1): 0 drops nothing");
}

}  // namespace

void Validate(const AgenticTransformerOptions& options) {
  RequireAtLeast(options.observation_dim, 1, "observation_dim");
  RequireAtLeast(options.action_dim, 1, "action_dim");
  RequireAtLeast(options.num_layers, 1, "num_layers");
  RequireAtLeast(options.num_heads, 1, "num_heads");
  RequireAtLeast(options.model_dim, 1, "model_dim");
  RequireAtLeast(options.feed_forward_multiplier, 1, "feed_forward_multiplier");
  RequireAtLeast(options.max_episode_steps, 1, "max_episode_steps");
  RequireAtLeast(options.max_trajectories, 0, "max_trajectories");
  TORCH_CHECK_VALUE(options.model_dim % options.num_heads == 0, "model_dim (", options.model_dim,
                    ") must be a multiple of num_heads (", options.num_heads, ")");
  RequireProbability(options.embedding_dropout, "embedding_dropout");
  RequireProbability(options.residual_dropout, "residual_dropout");
  RequireProbability(options.attention_dropout, "attention_dropout");
  TORCH_CHECK_VALUE(options.initial_std > 0.0 && options.initial_std < 1.0, "initial_std is ",
                    options.initial_std, ", but must lie in (0, 1): 0.02 is usual");
}

int64_t TokensPerStep(TokenLayout tokens) {
  switch (tokens) {
    case TokenLayout::kThree:
      return 3;
    case TokenLayout::kFour:
      return 4;
    case TokenLayout::kFive:
      return 5;
    case TokenLayout::kStep:
      return 1;
  }
  TORCH_CHECK(false, "no such token layout: ", static_cast<int>(tokens));
}

std::string ToString(TokenLayout tokens) {
  switch (tokens) {
    case TokenLayout::kThree:
      return "three";
    case TokenLayout::kFour:
      return "four";
    case TokenLayout::kFive:
      return "five";
    case TokenLayout::kStep:
      return "step";
  }
  TORCH_CHECK(false, "no such token layout: ", static_cast<int>(tokens));
}

std::string ToString(Activation activation) {
  return activation == Activation::kRelu ? "relu" : "gelu";
}

std::string ToString(AttentionOperands operands) {
  return operands == AttentionOperands::kFloat32 ? "float32" : "bfloat16";
}

TokenLayout ParseTokenLayout(std::string_view name) {
  for (const TokenLayout tokens :
       {TokenLayout::kThree, TokenLayout::kFour, TokenLayout::kFive, TokenLayout::kStep}) {
    if (name == ToString(tokens)) return tokens;
  }
  TORCH_CHECK_VALUE(false, "unknown token layout \"", name, "\": use three, four, five or step");
}

Activation ParseActivation(std::string_view name) {
  for (const Activation activation : {Activation::kRelu, Activation::kGelu}) {
    if (name == ToString(activation)) return activation;
  }
  TORCH_CHECK_VALUE(false, "unknown activation \"", name, "\": use relu or gelu");
}

AttentionOperands ParseAttentionOperands(std::string_view name) {
  for (const AttentionOperands operands :
       {AttentionOperands::kFloat32, AttentionOperands::kBFloat16}) {
    if (name == ToString(operands)) return operands;
  }
  TORCH_CHECK_VALUE(false, "unknown attention operands \"", name, "\": use float32 or bfloat16");
}

}  // namespace models
