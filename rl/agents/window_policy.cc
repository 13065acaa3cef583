#include "rl/agents/window_policy.h"

#include "models/agentic_transformer.h"
#include "ring/layout/sequence_layout.h"
#include "ring/runtime/ring.h"

#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rl {
namespace {

// Every tensor of a context.
std::array<at::Tensor*, 7> Fields(models::Context& context) {
  return {&context.observation_BSO, &context.action_BSA,   &context.reward_BS,
          &context.return_to_go_BS, &context.completed_BS, &context.step_BS,
          &context.trajectory_BS};
}

}  // namespace

WindowPolicy::WindowPolicy(std::shared_ptr<const models::AgenticTransformer> network,
                           ContextBuilder builder, const WindowOptions& options)
    : network_(std::move(network)),
      builder_(std::move(builder)),
      options_(options),
      order_(network_->options().observation_dim) {
  TORCH_CHECK_VALUE(options.context_steps >= 1, "the context is ", options.context_steps,
                    " steps long; use 1 or more");
}

void WindowPolicy::StartChains(int64_t num_chains, uint64_t /*seed*/) {
  order_.StartChains(num_chains);
  const c10::InferenceMode no_gradients;
  const int64_t columns = 2 * options_.context_steps;
  const auto per_step = [&](at::ScalarType type) {
    return at::zeros({num_chains, columns}, at::TensorOptions().dtype(type));
  };
  const models::AgenticTransformerOptions& shape = network_->options();
  steps_ = {.observation_BSO = at::zeros({num_chains, columns, shape.observation_dim}),
            .action_BSA = at::zeros({num_chains, columns, shape.action_dim}),
            .reward_BS = per_step(at::kFloat),
            .return_to_go_BS = per_step(at::kFloat),
            .completed_BS = per_step(at::kFloat),
            .step_BS = per_step(at::kLong),
            .trajectory_BS = per_step(at::kLong)};
}

void WindowPolicy::StartRollout() {
  order_.StartRollout();
  const c10::InferenceMode no_gradients;
  end_ = num_steps_ = 0;
  collected_N_ = at::zeros({order_.num_chains()}, at::kDouble);
}

at::Tensor WindowPolicy::Act(const at::Tensor& observation_NO) {
  order_.Act(observation_NO);
  const c10::InferenceMode no_gradients;
  if (end_ == 2 * options_.context_steps) MoveNewestToTheLeft();
  AddStep(observation_NO);
  const ring::Ring alone;
  const models::ContextShard context =
      models::TakeShard(Newest(), ring::LayoutKind::kContiguous, alone);
  const at::Tensor action_NA = network_->Forward(context, /*dropout=*/nullptr, alone).select(1, -1);
  steps_.action_BSA.select(1, end_ - 1).copy_(action_NA);
  return action_NA;
}

void WindowPolicy::Observe(const at::Tensor& reward_N) {
  order_.Observe(reward_N);
  const c10::InferenceMode no_gradients;
  steps_.reward_BS.select(1, end_ - 1).copy_(reward_N);
  collected_N_.add_(reward_N);
}

void WindowPolicy::FinishRollout() { order_.FinishRollout(); }

// All but the oldest of a full context, which has no room beside the step to come.
void WindowPolicy::MoveNewestToTheLeft() {
  const int64_t kept = options_.context_steps - 1;
  for (at::Tensor* const field : Fields(steps_)) {
    field->narrow(1, 0, kept).copy_(field->narrow(1, end_ - kept, kept));
  }
  end_ = kept;
}

void WindowPolicy::AddStep(const at::Tensor& observation_NO) {
  const models::ContextStep step = builder_.NextStep({.observation_BO = observation_NO,
                                                      .collected_B = collected_N_,
                                                      .target_return = options_.target_return,
                                                      .step = num_steps_,
                                                      .trajectory = 0},
                                                     /*previous=*/std::nullopt);
  steps_.observation_BSO.select(1, end_).copy_(step.observation_BO);
  steps_.return_to_go_BS.select(1, end_).copy_(step.return_to_go_B);
  steps_.step_BS.select(1, end_).copy_(step.step_B);
  steps_.action_BSA.select(1, end_).zero_();
  steps_.reward_BS.select(1, end_).zero_();
  ++end_;
  ++num_steps_;
}

models::Context WindowPolicy::Newest() const {
  const int64_t length = std::min(options_.context_steps, end_);
  models::Context context = steps_;
  for (at::Tensor* const field : Fields(context)) *field = field->narrow(1, end_ - length, length);
  return context;
}

}  // namespace rl
