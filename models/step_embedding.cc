#include "models/step_embedding.h"

#include <c10/util/Exception.h>

#include <algorithm>

namespace models {
namespace {

PackedLinear Linear(const ParameterNamed& parameter, const std::string& name) {
  return {parameter("embedding." + name + ".weight"), parameter("embedding." + name + ".bias")};
}

at::Tensor Table(const ParameterNamed& parameter, const std::string& name) {
  return parameter("embedding." + name + ".weight").detach().to(at::kFloat).clone();
}

const float* Numbers(const at::Tensor& x) { return x.const_data_ptr<float>(); }

void AddTableRow(const at::Tensor& table, int64_t row, const char* what, const char* option,
                 float* x) {
  const int64_t size = table.size(1);
  TORCH_CHECK_VALUE(0 <= row && row < table.size(0), "the ", what, " has index ", row, ", but ",
                    option, " is ", table.size(0));
  const float* const from = table.const_data_ptr<float>() + row * size;
  for (int64_t i = 0; i < size; ++i) x[i] += from[i];
}

}  // namespace

StepEmbedding::StepEmbedding(const AgenticTransformerOptions& options,
                             const ParameterNamed& parameter, int64_t batch_size)
    : options_(options),
      batch_size_(batch_size),
      step_table_(Table(parameter, "step")),
      norm_(parameter("embedding.norm.weight"), parameter("embedding.norm.bias")) {
  if (options.tokens == TokenLayout::kStep) {
    fused_step_ = Linear(parameter, "fused_step");
  } else {
    return_to_go_ = Linear(parameter, "return_to_go");
    observation_ = Linear(parameter, "observation");
    action_ = Linear(parameter, "action");
    if (options.tokens != TokenLayout::kThree) reward_ = Linear(parameter, "reward");
    if (options.tokens == TokenLayout::kFive) completed_ = Linear(parameter, "completed");
  }
  if (options.max_trajectories > 0) trajectory_table_ = Table(parameter, "trajectory");
  const int64_t widest = 1 + options.observation_dim + options.action_dim + 3;
  features_.resize(static_cast<size_t>(batch_size * widest));
  absent_.resize(static_cast<size_t>(batch_size * std::max<int64_t>(options.action_dim, 1)));
}

int64_t StepEmbedding::NumTokens(bool with_outcome) const {
  if (options_.tokens == TokenLayout::kStep) return 1;
  return with_outcome ? TokensPerStep(options_.tokens) : 2;
}

void StepEmbedding::Embed(const ContextStep& step, bool with_outcome, float* x_BTD) {
  const int64_t num_tokens = NumTokens(with_outcome), size = options_.model_dim;
  const auto token = [&](int64_t index) -> Rows<float> {
    return {x_BTD + index * size, num_tokens * size};
  };
  if (options_.tokens == TokenLayout::kStep) {
    EmbedFused(step, token(0));
  } else {
    if (with_outcome) EmbedOutcome(*step.previous, token(0));
    const at::Tensor step_B = step.step_B.contiguous(),
                     trajectory_B = step.trajectory_B.contiguous(),
                     return_B = step.return_to_go_B.contiguous(),
                     observation_BO = step.observation_BO.contiguous();
    const Position position = {step_B.const_data_ptr<int64_t>(),
                               trajectory_B.const_data_ptr<int64_t>()};
    EmbedToken(return_to_go_, {{Numbers(return_B), 1}}, position, token(num_tokens - 2));
    EmbedToken(observation_, {{Numbers(observation_BO), options_.observation_dim}}, position,
               token(num_tokens - 1));
  }
  const Rows<float> all = {x_BTD, size};
  norm_.Apply(batch_size_ * num_tokens, {all.data, all.stride}, all);
}

// Its tokens one behind the other, the first at x_BD.
void StepEmbedding::EmbedOutcome(const StepOutcome& outcome, Rows<float> x_BD) {
  const at::Tensor step_B = outcome.step_B.contiguous(),
                   trajectory_B = outcome.trajectory_B.contiguous(),
                   action_BA = outcome.action_BA.contiguous(),
                   reward_B = outcome.reward_B.contiguous(),
                   completed_B = outcome.completed_B.contiguous();
  const Position position = {step_B.const_data_ptr<int64_t>(),
                             trajectory_B.const_data_ptr<int64_t>()};
  const Feature reward = {Numbers(reward_B), 1}, completed = {Numbers(completed_B), 1};
  const auto next_token = [&] { x_BD.data += options_.model_dim; };
  EmbedToken(action_, {{Numbers(action_BA), options_.action_dim}}, position, x_BD);
  if (options_.tokens == TokenLayout::kThree) return;
  next_token();
  if (options_.tokens == TokenLayout::kFour) {
    EmbedToken(reward_, {reward, completed}, position, x_BD);
    return;
  }
  EmbedToken(reward_, {reward}, position, x_BD);
  next_token();
  EmbedToken(completed_, {completed}, position, x_BD);
}

void StepEmbedding::EmbedFused(const ContextStep& step, Rows<float> x_BD) {
  const at::Tensor step_B = step.step_B.contiguous(), trajectory_B = step.trajectory_B.contiguous(),
                   return_B = step.return_to_go_B.contiguous(),
                   observation_BO = step.observation_BO.contiguous();
  const Position position = {step_B.const_data_ptr<int64_t>(),
                             trajectory_B.const_data_ptr<int64_t>()};
  const Feature target = {Numbers(return_B), 1},
                observation = {Numbers(observation_BO), options_.observation_dim};
  std::vector<float> foreign_B(static_cast<size_t>(batch_size_), 1.0F);
  const Feature foreign = {foreign_B.data(), 1};
  if (!step.previous) {
    const Feature none = {absent_.data(), 1}, no_action = {absent_.data(), options_.action_dim};
    EmbedToken(fused_step_, {target, observation, no_action, none, none, foreign}, position, x_BD);
    return;
  }
  const StepOutcome& outcome = *step.previous;
  const at::Tensor foreign_trajectory_B = outcome.trajectory_B.contiguous(),
                   action_BA = outcome.action_BA.contiguous(),
                   reward_B = outcome.reward_B.contiguous(),
                   completed_B = outcome.completed_B.contiguous();
  const int64_t* const before = foreign_trajectory_B.const_data_ptr<int64_t>();
  for (int64_t b = 0; b < batch_size_; ++b) {
    foreign_B[static_cast<size_t>(b)] = before[b] == position.trajectory_B[b] ? 0.0F : 1.0F;
  }
  EmbedToken(fused_step_,
             {target,
              observation,
              {Numbers(action_BA), options_.action_dim},
              {Numbers(reward_B), 1},
              {Numbers(completed_B), 1},
              foreign},
             position, x_BD);
}

// One token of every chain, not yet normalised.
void StepEmbedding::EmbedToken(const PackedLinear& map, std::initializer_list<Feature> features,
                               const Position& position, Rows<float> x_BD) {
  float* to = features_.data();
  for (int64_t b = 0; b < batch_size_; ++b) {
    for (const Feature& feature : features) {
      to = std::copy_n(feature.data + b * feature.width, feature.width, to);
    }
  }
  map.ApplyAll(batch_size_, {features_.data(), map.inputs()}, x_BD);
  for (int64_t b = 0; b < batch_size_; ++b) {
    float* const x_D = x_BD.data + b * x_BD.stride;
    AddTableRow(step_table_, position.step_B[b], "step", "max_episode_steps", x_D);
    if (!trajectory_table_.defined()) continue;
    AddTableRow(trajectory_table_, position.trajectory_B[b], "trajectory", "max_trajectories", x_D);
  }
}

}  // namespace models
