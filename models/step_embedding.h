// The tokens of one step, by packed weights: what TokenEmbedding makes of it, without the library.
//
// Shapes: B chains, T tokens, D model dimension.
#ifndef MODELS_STEP_EMBEDDING_H_
#define MODELS_STEP_EMBEDDING_H_

#include "models/context.h"
#include "models/packed_linear.h"
#include "models/row_arithmetic.h"
#include "models/transformer_options.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

namespace models {

// A parameter of a network by its name.
using ParameterNamed = std::function<at::Tensor(const std::string& name)>;

class StepEmbedding {
 public:
  // Copies the parameters called embedding.*.
  StepEmbedding(const AgenticTransformerOptions& options, const ParameterNamed& parameter,
                int64_t batch_size);

  // Tokens of a step before its action is known, behind those of the previous step's outcome if
  // they are to enter first.
  int64_t NumTokens(bool with_outcome) const;

  // Writes the tokens to x_BTD. REQUIRES: step.previous, where `with_outcome`.
  void Embed(const ContextStep& step, bool with_outcome, float* x_BTD);

 private:
  // Of every chain `width` numbers, adjacent.
  struct Feature {
    const float* data;
    int64_t width;
  };
  struct Position {
    const int64_t* step_B;
    const int64_t* trajectory_B;
  };

  void EmbedOutcome(const StepOutcome& outcome, Rows<float> x_BD);
  void EmbedFused(const ContextStep& step, Rows<float> x_BD);
  void EmbedToken(const PackedLinear& map, std::initializer_list<Feature> features,
                  const Position& position, Rows<float> x_BD);

  AgenticTransformerOptions options_;
  int64_t batch_size_;
  PackedLinear fused_step_, return_to_go_, observation_, action_, reward_, completed_;
  at::Tensor step_table_, trajectory_table_;
  RowNorm norm_;
  std::vector<float> features_;  // of one token, chain by chain
  std::vector<float> absent_;    // an outcome that there is not
};

}  // namespace models

#endif  // MODELS_STEP_EMBEDDING_H_
