// A causal transformer that reads chains of trajectories and predicts the action of every step.
//
// Each step of a Context becomes one to five tokens (TokenEmbedding), a trunk lets every token see
// all earlier ones, of this trajectory and of those before it in the chain, and the token that
// holds the observation predicts the action: tanh(W norm(h) + b). Trained on trajectories in
// ascending return it learns to continue the improvement (Agentic Transformer, arXiv 2305.16554).
//
// Training calls Forward on whole contexts, or on the shards of a context that a ring of ranks
// shares: every rank embeds and computes the tokens of its own steps, and attention alone looks
// further. Acting appends one step at a time to the trunk's cache. All give the same actions up to
// rounding (1e-5).
//
// Shapes: B chains, S steps (of this rank's shard), A action.
#ifndef MODELS_AGENTIC_TRANSFORMER_H_
#define MODELS_AGENTIC_TRANSFORMER_H_

#include "models/context.h"
#include "models/dropout.h"
#include "models/transformer_options.h"
#include "models/trunk.h"
#include "ring/attention/attention.h"
#include "ring/runtime/ring.h"

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace models {

class TokenEmbedding;

class AgenticTransformer : public torch::nn::Module {
 public:
  // Validates the options and draws every weight from `generator`, in the order of
  // named_parameters(): equal generators give equal networks.
  AgenticTransformer(const AgenticTransformerOptions& options, at::Generator generator);

  // The same around another trunk than the transformer of the options.
  AgenticTransformer(const AgenticTransformerOptions& options, std::shared_ptr<Trunk> trunk,
                     at::Generator generator);

  // The action predicted at every step of the shard, which TakeShard() made for this rank of this
  // ring. `dropout` null means no dropout; its positions are filled in here.
  at::Tensor Forward(
      const ContextShard& shard, const DropoutKey* dropout, const ring::Ring& ring,
      ring::RingMethod method = ring::RingMethod::kRing) const;  // -> action_BSA in [-1, 1]

  // An empty cache for `batch_size` chains of this network, which the ranks of `ring` share. They
  // all make the calls below with equal arguments, and get equal results.
  std::unique_ptr<TrunkCache> MakeCache(int64_t batch_size, const ring::Ring& ring = {}) const;

  // The action of one step whose past is in `cache`, by the layers as they are (StepRunner is the
  // fast way); afterwards the step's tokens up to its
  // observation are there too. Its outcome enters with the next call, as `previous`. Right after
  // Truncate() or AppendSteps(), `previous` is the outcome of the last step still in the cache.
  at::Tensor ActStep(const ContextStep& step, TrunkCache& cache) const;  // -> action_BA

  // Appends whole steps, outcomes included, and returns the actions predicted at them. `previous`
  // as in ContextStep: the outcome of the step before the first one, empty if the cache is.
  at::Tensor AppendSteps(const Context& context, const std::optional<StepOutcome>& previous,
                         TrunkCache& cache) const;  // -> action_BSA

  const AgenticTransformerOptions& options() const { return options_; }
  const Trunk& trunk() const { return *trunk_; }

  // Tokens one whole step takes in the context and in the cache. To forget steps, truncate the
  // cache to a multiple of this.
  int64_t tokens_per_step() const { return TokensPerStep(options_.tokens); }

 private:
  at::Tensor Continue(const at::Tensor& new_BTD, const std::optional<StepOutcome>& previous,
                      TrunkCache& cache) const;
  at::Tensor PredictActions(const at::Tensor& x_BTD) const;

  AgenticTransformerOptions options_;
  std::shared_ptr<TokenEmbedding> embedding_;
  std::shared_ptr<Trunk> trunk_;
  torch::nn::LayerNorm final_norm_;
  torch::nn::Linear action_;
};

// The step as it enters behind the cache's tokens: a context that begins has no previous outcome,
// whatever is known. Throws c10::ValueError for a step that fits neither the network nor the cache.
ContextStep StepBehind(const ContextStep& step, const AgenticTransformerOptions& options,
                       const TrunkCache& cache);

}  // namespace models

#endif  // MODELS_AGENTIC_TRANSFORMER_H_
