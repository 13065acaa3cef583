// Shape of an Agentic Transformer and how steps become its tokens.
#ifndef MODELS_TRANSFORMER_OPTIONS_H_
#define MODELS_TRANSFORMER_OPTIONS_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace models {

// R return-to-go, o observation, a action, r reward, d completion flag of one step.
enum class TokenLayout {
  kThree,  // R, o, a: a Decision Transformer, which sees no reward
  kFour,   // R, o, a, r: one token each, d a feature of r's token
  kFive,   // R, o, a, r, d
  kStep,   // one token: R, o and the outcome (a, r, d) of the step before
};

enum class Activation { kRelu, kGelu };

enum class AttentionOperands { kFloat32, kBFloat16 };

struct AgenticTransformerOptions {
  int64_t observation_dim = 0;  // O, required
  int64_t action_dim = 0;       // A, required

  int64_t num_layers = 3;
  int64_t num_heads = 1;
  int64_t model_dim = 128;              // multiple of num_heads
  int64_t feed_forward_multiplier = 4;  // hidden width of the feed-forward / model_dim
  Activation activation = Activation::kRelu;

  // Rows of the step embedding: steps 0 .. max_episode_steps - 1 of a trajectory can be embedded.
  int64_t max_episode_steps = 1000;

  // Rows of the embedding of the trajectory's index within its chain; 0 leaves it out, and then
  // nothing bounds the number of trajectories in a context.
  int64_t max_trajectories = 0;

  TokenLayout tokens = TokenLayout::kFour;

  // Probability of zeroing an activation while training, in [0, 1).
  double embedding_dropout = 0.1;
  double residual_dropout = 0.1;

  // ... of zeroing an attention weight. Costs a hash per visible pair.
  double attention_dropout = 0.0;

  // What training computes the products of attention from; sums are float32 either way. bfloat16 is
  // faster and rounds queries, keys, values and weights to 8 bits. Acting uses float32 always.
  AttentionOperands attention_operands = AttentionOperands::kFloat32;

  // Standard deviation of the initial weights.
  double initial_std = 0.02;
};

// Throws c10::ValueError with one sentence naming the option, its value and what would do.
void Validate(const AgenticTransformerOptions& options);

// Tokens one environment step takes in the context: 3, 4, 5 or 1.
int64_t TokensPerStep(TokenLayout tokens);

// Plain names for files and flags: "three", "four", "five", "step"; "relu", "gelu"; "float32",
// "bfloat16".
// Unknown names throw c10::ValueError listing the known ones.
std::string ToString(TokenLayout tokens);
std::string ToString(Activation activation);
std::string ToString(AttentionOperands operands);
TokenLayout ParseTokenLayout(std::string_view name);
Activation ParseActivation(std::string_view name);
AttentionOperands ParseAttentionOperands(std::string_view name);

}  // namespace models

#endif  // MODELS_TRANSFORMER_OPTIONS_H_
