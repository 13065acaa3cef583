// Small contexts of random content for tests of sequence models, from a written-down seed.
#ifndef TESTS_MODELS_RANDOM_CONTEXT_H_
#define TESTS_MODELS_RANDOM_CONTEXT_H_

#include "models/agentic_transformer.h"
#include "models/context.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>

#include <cstdint>
#include <optional>

namespace models {

inline constexpr int64_t kObservationDim = 5;
inline constexpr int64_t kActionDim = 2;

inline at::Generator MakeGenerator(uint64_t seed) { return at::detail::createCPUGenerator(seed); }

// Two layers, two heads, 16 channels; weights large enough that every token matters.
inline AgenticTransformerOptions SmallOptions(TokenLayout tokens) {
  return {.observation_dim = kObservationDim,
          .action_dim = kActionDim,
          .num_layers = 2,
          .num_heads = 2,
          .model_dim = 16,
          .max_episode_steps = 12,
          .max_trajectories = 4,
          .tokens = tokens,
          .initial_std = 0.3};
}

// Chains of whole trajectories of `trajectory_steps` steps each, the last one possibly cut.
inline Context RandomContext(int64_t batch, int64_t steps, int64_t trajectory_steps,
                             uint64_t seed = 301) {
  at::Generator generator = MakeGenerator(seed);
  const auto normal = [&](at::IntArrayRef sizes) { return at::randn(sizes, generator); };
  const at::Tensor index_BS = at::arange(steps, at::kLong).expand({batch, steps});
  return {.observation_BSO = normal({batch, steps, kObservationDim}),
          .action_BSA = normal({batch, steps, kActionDim}).tanh(),
          .reward_BS = normal({batch, steps}),
          .return_to_go_BS = normal({batch, steps}),
          .completed_BS = normal({batch, steps}).gt(0).to(at::kFloat),
          .step_BS = index_BS.remainder(trajectory_steps),
          .trajectory_BS = index_BS.div(trajectory_steps, "floor")};
}

inline ContextShard Whole(const Context& context) {
  return TakeShard(context, ring::LayoutKind::kContiguous, ring::Ring());
}

inline Context Narrow(const Context& context, int64_t begin, int64_t length) {
  const auto cut = [&](const at::Tensor& x) { return x.narrow(1, begin, length); };
  return {cut(context.observation_BSO), cut(context.action_BSA),   cut(context.reward_BS),
          cut(context.return_to_go_BS), cut(context.completed_BS), cut(context.step_BS),
          cut(context.trajectory_BS)};
}

inline StepOutcome OutcomeAt(const Context& context, int64_t step) {
  return {.action_BA = context.action_BSA.select(1, step),
          .reward_B = context.reward_BS.select(1, step),
          .completed_B = context.completed_BS.select(1, step),
          .step_B = context.step_BS.select(1, step),
          .trajectory_B = context.trajectory_BS.select(1, step)};
}

// The step as a policy would see it when acting, its own outcome unknown.
inline ContextStep StepAt(const Context& context, int64_t step) {
  ContextStep result = {.observation_BO = context.observation_BSO.select(1, step),
                        .return_to_go_B = context.return_to_go_BS.select(1, step),
                        .step_B = context.step_BS.select(1, step),
                        .trajectory_B = context.trajectory_BS.select(1, step),
                        .previous = std::nullopt};
  if (step > 0) result.previous = OutcomeAt(context, step - 1);
  return result;
}

}  // namespace models

#endif  // TESTS_MODELS_RANDOM_CONTEXT_H_
