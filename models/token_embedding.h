// How the steps of a context become tokens.
//
//   kThree  R0 o0 a0  R1 o1 a1  ...           R return-to-go, o observation, a action;
//   kFour   R0 o0 a0 r0  R1 o1 a1 r1  ...     r reward, which kThree leaves out;
//   kFive   R0 o0 a0 r0 d0  R1 o1 a1 ...      d completion flag, in kFour a feature of r's token
//   kStep   [R0 o0 | - ]  [R1 o1 | a0 r0 d0]  ...
//
// Every token is a linear map of what it holds, plus an embedding of the step within its
// trajectory (and, as an option, of the trajectory's index), layer-normalised. A fused token holds
// the outcome of the step before it, so it may predict its own step's action and, by the end of the
// context, nothing has been left out. It is marked where that outcome belongs to another
// trajectory, or does not exist.
//
// Shapes: B chains, S steps, T tokens, D model dimension.
#ifndef MODELS_TOKEN_EMBEDDING_H_
#define MODELS_TOKEN_EMBEDDING_H_

#include "models/context.h"
#include "models/transformer_options.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>
#include <vector>

namespace models {

class TokenEmbedding : public torch::nn::Module {
 public:
  explicit TokenEmbedding(const AgenticTransformerOptions& options);

  // All tokens of whole steps.
  at::Tensor EmbedSteps(const Context& context,
                        const PrecedingOutcomes& before) const;  // -> x_BTD

  // Of a step before its action is known: R and o, or the one fused token.
  at::Tensor EmbedStart(const ContextStep& step) const;  // -> x_BTD

  // The rest of a step: a (and r, and d). REQUIRES: a layout of several tokens per step.
  at::Tensor EmbedOutcome(const StepOutcome& outcome) const;  // -> x_BTD

  // Place of the token that predicts the action among the tokens of its step.
  int64_t action_token() const { return fused_ ? 0 : 1; }

 private:
  at::Tensor EmbedFused(const Context& context, const PrecedingOutcomes& before) const;
  void AddRewardTokens(const at::Tensor& reward_BS, const at::Tensor& completed_BS,
                       std::vector<at::Tensor>& tokens_BSD) const;
  at::Tensor Position(const at::Tensor& step_BS, const at::Tensor& trajectory_BS) const;
  at::Tensor Finish(const std::vector<at::Tensor>& tokens_BSD, const at::Tensor& step_BS,
                    const at::Tensor& trajectory_BS) const;

  AgenticTransformerOptions options_;
  bool fused_;
  // Either `fused_step`, or one map per kind of token; the unused stay empty.
  torch::nn::Linear fused_step_{nullptr}, return_to_go_{nullptr}, observation_{nullptr},
      action_{nullptr}, reward_{nullptr}, completed_{nullptr};
  torch::nn::Embedding step_{nullptr}, trajectory_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};

}  // namespace models

#endif  // MODELS_TOKEN_EMBEDDING_H_
