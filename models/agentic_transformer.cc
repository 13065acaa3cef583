#include "models/agentic_transformer.h"

#include "models/parameter_init.h"
#include "models/token_embedding.h"
#include "models/transformer_pass.h"
#include "models/transformer_trunk.h"
#include "ring/layout/sequence_layout.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>

#include <utility>

namespace models {
namespace {

void CheckContext(const Context& context, const AgenticTransformerOptions& options) {
  const at::Tensor& observation = context.observation_BSO;
  TORCH_CHECK_VALUE(observation.dim() == 3 && observation.size(2) == options.observation_dim,
                    "the network reads ", options.observation_dim, " observations a step, got ",
                    observation.sizes());
  const at::IntArrayRef batch_and_steps = observation.sizes().slice(0, 2);
  TORCH_CHECK_VALUE(context.action_BSA.dim() == 3 &&
                        context.action_BSA.sizes().slice(0, 2) == batch_and_steps &&
                        context.action_BSA.size(2) == options.action_dim,
                    "the network reads ", options.action_dim, " actions a step, got ",
                    context.action_BSA.sizes());
  for (const at::Tensor* per_step :
       {&context.reward_BS, &context.return_to_go_BS, &context.completed_BS, &context.step_BS,
        &context.trajectory_BS}) {
    TORCH_CHECK_VALUE(per_step->sizes() == batch_and_steps, "a context of ", batch_and_steps,
                      " chains and steps has a tensor of shape ", per_step->sizes());
  }
}

at::ScalarType OperandType(AttentionOperands operands) {
  return operands == AttentionOperands::kFloat32 ? at::kFloat : at::kBFloat16;
}

// The outcome in front of the tokens to come. A context that begins has none, whatever is known.
std::optional<StepOutcome> Predecessor(const std::optional<StepOutcome>& previous,
                                       const TrunkCache& cache) {
  if (cache.length() == 0) return std::nullopt;
  TORCH_CHECK_VALUE(previous.has_value(), "the cache holds ", cache.length(),
                    " tokens, so the outcome of the step before must be given");
  return previous;
}

AgenticTransformerOptions Validated(const AgenticTransformerOptions& options) {
  Validate(options);
  return options;
}

}  // namespace

ContextStep StepBehind(const ContextStep& step, const AgenticTransformerOptions& options,
                       const TrunkCache& cache) {
  TORCH_CHECK_VALUE(step.observation_BO.dim() == 2 &&
                        step.observation_BO.size(0) == cache.batch_size() &&
                        step.observation_BO.size(1) == options.observation_dim,
                    "expected ", cache.batch_size(), " x ", options.observation_dim,
                    " observations, got ", step.observation_BO.sizes());
  ContextStep next = step;
  next.previous = Predecessor(step.previous, cache);
  return next;
}

AgenticTransformer::AgenticTransformer(const AgenticTransformerOptions& options,
                                       at::Generator generator)
    : AgenticTransformer(options, std::make_shared<TransformerTrunk>(Validated(options)),
                         std::move(generator)) {}

AgenticTransformer::AgenticTransformer(const AgenticTransformerOptions& options,
                                       std::shared_ptr<Trunk> trunk, at::Generator generator)
    : options_(Validated(options)),
      embedding_(register_module("embedding", std::make_shared<TokenEmbedding>(options))),
      trunk_(std::move(trunk)),
      final_norm_(torch::nn::LayerNormOptions({options.model_dim})),
      action_(options.model_dim, options.action_dim) {
  register_module(trunk_->prefix(), trunk_);
  register_module("final_norm", final_norm_);
  register_module("action", action_);
  InitializeParameters(*this, options.initial_std, options.num_layers, std::move(generator));
}

at::Tensor AgenticTransformer::Forward(const ContextShard& shard, const DropoutKey* dropout,
                                       const ring::Ring& ring, ring::RingMethod method) const {
  CheckContext(shard.context, options_);
  TORCH_CHECK_VALUE(shard.num_steps >= 1, "a context needs at least one step");
  // Tokens are laid out as the steps are: those of a step stay together.
  const auto layout = ring::SequenceLayout::Make(shard.layout, shard.num_steps * tokens_per_step(),
                                                 ring.size(), tokens_per_step());
  DropoutKey key;
  if (dropout != nullptr) {
    key = *dropout;
    key.position_T = at::tensor(layout.Positions(ring.rank()), at::kLong);
  }
  const TransformerPass pass = {.ring = ring,
                                .layout = layout,
                                .method = method,
                                .operands = OperandType(options_.attention_operands),
                                .dropout = dropout != nullptr ? &key : nullptr};
  const at::Tensor x_BTD =
      Dropout(embedding_->EmbedSteps(shard.context, shard.before), options_.embedding_dropout,
              pass.dropout, {.layer = 0, .site = DropoutSite::kEmbedding});
  return PredictActions(trunk_->Forward(x_BTD, pass)
                            .unflatten(1, {-1, tokens_per_step()})
                            .select(2, embedding_->action_token()));
}

std::unique_ptr<TrunkCache> AgenticTransformer::MakeCache(int64_t batch_size,
                                                          const ring::Ring& ring) const {
  return trunk_->MakeCache(batch_size, ring);
}

at::Tensor AgenticTransformer::ActStep(const ContextStep& step, TrunkCache& cache) const {
  const at::NoGradGuard no_grad;
  const ContextStep next = StepBehind(step, options_, cache);
  const at::Tensor x_BTD = Continue(embedding_->EmbedStart(next), next.previous, cache);
  return PredictActions(x_BTD.select(1, -1));
}

at::Tensor AgenticTransformer::AppendSteps(const Context& context,
                                           const std::optional<StepOutcome>& previous,
                                           TrunkCache& cache) const {
  const at::NoGradGuard no_grad;
  CheckContext(context, options_);
  const std::optional<StepOutcome> before = Predecessor(previous, cache);
  TORCH_CHECK_VALUE(context.reward_BS.size(1) >= 1, "there is no step to append");
  const at::Tensor new_BTD = embedding_->EmbedSteps(context, OutcomesBefore(context, before));
  const at::Tensor x_BTD = Continue(new_BTD, before, cache);
  return PredictActions(x_BTD.narrow(1, x_BTD.size(1) - new_BTD.size(1), new_BTD.size(1))
                            .unflatten(1, {-1, tokens_per_step()})
                            .select(2, embedding_->action_token()));
}

// Runs `new_BTD` behind the cache's tokens. If the last step there was only acted on, its outcome's
// tokens go first; the result then begins with them.
at::Tensor AgenticTransformer::Continue(const at::Tensor& new_BTD,
                                        const std::optional<StepOutcome>& previous,
                                        TrunkCache& cache) const {
  if (cache.length() % tokens_per_step() == 0) return trunk_->Continue(new_BTD, cache);
  return trunk_->Continue(at::cat({embedding_->EmbedOutcome(*previous), new_BTD}, /*dim=*/1),
                          cache);
}

// Of tokens (..., D) that hold an observation.
at::Tensor AgenticTransformer::PredictActions(const at::Tensor& x_BTD) const {
  const at::Tensor normalized =
      at::layer_norm(x_BTD, {options_.model_dim}, final_norm_->weight, final_norm_->bias);
  return at::linear(normalized, action_->weight, action_->bias).tanh_();
}

}  // namespace models
