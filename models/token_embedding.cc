#include "models/token_embedding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>

namespace models {
namespace {

at::Tensor Map(const torch::nn::Linear& linear, const at::Tensor& x) {
  return at::linear(x, linear->weight, linear->bias);
}

// at::embedding's own message names neither the option nor the limit.
void CheckIndices(const at::Tensor& index_BS, int64_t limit, const char* what, const char* option) {
  if (index_BS.numel() == 0) return;
  const auto [smallest, largest] = index_BS.aminmax();
  TORCH_CHECK_VALUE(smallest.item<int64_t>() >= 0 && largest.item<int64_t>() < limit, what,
                    " indices range from ", smallest.item<int64_t>(), " to ",
                    largest.item<int64_t>(), ", but ", option, " is ", limit);
}

}  // namespace

TokenEmbedding::TokenEmbedding(const AgenticTransformerOptions& options)
    : options_(options), fused_(options.tokens == TokenLayout::kStep) {
  const auto linear = [&](const char* name, int64_t width) {
    return register_module(name, torch::nn::Linear(width, options.model_dim));
  };
  if (fused_) {
    // R, o, then a, r, d of the step before and the mark of a foreign outcome.
    fused_step_ = linear("fused_step", 1 + options.observation_dim + options.action_dim + 3);
  } else {
    const bool rewarded = options.tokens != TokenLayout::kThree;
    const bool own_flag_token = options.tokens == TokenLayout::kFive;
    return_to_go_ = linear("return_to_go", 1);
    observation_ = linear("observation", options.observation_dim);
    action_ = linear("action", options.action_dim);
    if (rewarded) reward_ = linear("reward", own_flag_token ? 1 : 2);
    if (own_flag_token) completed_ = linear("completed", 1);
  }
  step_ =
      register_module("step", torch::nn::Embedding(options.max_episode_steps, options.model_dim));
  if (options.max_trajectories > 0) {
    trajectory_ = register_module(
        "trajectory", torch::nn::Embedding(options.max_trajectories, options.model_dim));
  }
  norm_ = register_module("norm",
                          torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.model_dim})));
}

at::Tensor TokenEmbedding::EmbedSteps(const Context& context,
                                      const PrecedingOutcomes& before) const {
  if (fused_) return EmbedFused(context, before);
  std::vector<at::Tensor> tokens = {Map(return_to_go_, context.return_to_go_BS.unsqueeze(-1)),
                                    Map(observation_, context.observation_BSO),
                                    Map(action_, context.action_BSA)};
  AddRewardTokens(context.reward_BS, context.completed_BS, tokens);
  return Finish(tokens, context.step_BS, context.trajectory_BS);
}

at::Tensor TokenEmbedding::EmbedFused(const Context& context,
                                      const PrecedingOutcomes& before) const {
  const at::Tensor foreign_BS = before.trajectory_BS.ne(context.trajectory_BS).to(at::kFloat);
  const at::Tensor features_BSF = at::cat(
      {context.return_to_go_BS.unsqueeze(-1), context.observation_BSO, before.action_BSA,
       before.reward_BS.unsqueeze(-1), before.completed_BS.unsqueeze(-1), foreign_BS.unsqueeze(-1)},
      /*dim=*/-1);
  return Finish({Map(fused_step_, features_BSF)}, context.step_BS, context.trajectory_BS);
}

at::Tensor TokenEmbedding::EmbedStart(const ContextStep& step) const {
  const at::Tensor return_BS = step.return_to_go_B.unsqueeze(1);
  const at::Tensor observation_BSO = step.observation_BO.unsqueeze(1);
  const at::Tensor step_BS = step.step_B.unsqueeze(1);
  const at::Tensor trajectory_BS = step.trajectory_B.unsqueeze(1);
  if (!fused_) {
    return Finish({Map(return_to_go_, return_BS.unsqueeze(-1)), Map(observation_, observation_BSO)},
                  step_BS, trajectory_BS);
  }
  // A context of one step; its own outcome would only enter the token after it.
  const at::Tensor unknown_BS = at::zeros_like(return_BS);
  const Context context = {
      .observation_BSO = observation_BSO,
      .action_BSA = at::zeros({return_BS.size(0), 1, options_.action_dim}, return_BS.options()),
      .reward_BS = unknown_BS,
      .return_to_go_BS = return_BS,
      .completed_BS = unknown_BS,
      .step_BS = step_BS,
      .trajectory_BS = trajectory_BS};
  return EmbedFused(context, OutcomesBefore(context, step.previous));
}

at::Tensor TokenEmbedding::EmbedOutcome(const StepOutcome& outcome) const {
  TORCH_CHECK(!fused_, "a fused token holds its outcome already");
  std::vector<at::Tensor> tokens = {Map(action_, outcome.action_BA.unsqueeze(1))};
  AddRewardTokens(outcome.reward_B.unsqueeze(1), outcome.completed_B.unsqueeze(1), tokens);
  return Finish(tokens, outcome.step_B.unsqueeze(1), outcome.trajectory_B.unsqueeze(1));
}

// None, one or two tokens.
void TokenEmbedding::AddRewardTokens(const at::Tensor& reward_BS, const at::Tensor& completed_BS,
                                     std::vector<at::Tensor>& tokens_BSD) const {
  if (!reward_) return;
  if (!completed_) {
    tokens_BSD.push_back(Map(reward_, at::stack({reward_BS, completed_BS}, /*dim=*/-1)));
    return;
  }
  tokens_BSD.push_back(Map(reward_, reward_BS.unsqueeze(-1)));
  tokens_BSD.push_back(Map(completed_, completed_BS.unsqueeze(-1)));
}

at::Tensor TokenEmbedding::Position(const at::Tensor& step_BS,
                                    const at::Tensor& trajectory_BS) const {
  CheckIndices(step_BS, options_.max_episode_steps, "step", "max_episode_steps");
  const at::Tensor position_BSD = at::embedding(step_->weight, step_BS);
  if (!trajectory_) return position_BSD;
  CheckIndices(trajectory_BS, options_.max_trajectories, "trajectory", "max_trajectories");
  return position_BSD.add(at::embedding(trajectory_->weight, trajectory_BS));
}

// Interleaves the kinds of token step by step and adds the position, which they share.
at::Tensor TokenEmbedding::Finish(const std::vector<at::Tensor>& tokens_BSD,
                                  const at::Tensor& step_BS,
                                  const at::Tensor& trajectory_BS) const {
  const at::Tensor position_BSD = Position(step_BS, trajectory_BS);
  at::Tensor x_BTD;
  if (tokens_BSD.size() == 1) {
    x_BTD = tokens_BSD[0].add(position_BSD);
  } else {
    const at::Tensor steps_BSND = at::stack(tokens_BSD, /*dim=*/2).add(position_BSD.unsqueeze(2));
    x_BTD = steps_BSND.flatten(1, 2);
  }
  return at::layer_norm(x_BTD, {options_.model_dim}, norm_->weight, norm_->bias);
}

}  // namespace models
