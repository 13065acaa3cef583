#include "models/context.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

namespace models {
namespace {

// What `first_B1X` holds, then all of `x_BSX` but its last step.
at::Tensor ShiftRight(const at::Tensor& x_BSX, const at::Tensor& first_B1X) {
  return at::cat({first_B1X, x_BSX.narrow(1, 0, x_BSX.size(1) - 1)}, /*dim=*/1);
}

StepOutcome NoOutcome(const Context& context) {
  const int64_t batch = context.reward_BS.size(0);
  return {.action_BA = at::zeros({batch, context.action_BSA.size(2)}, context.action_BSA.options()),
          .reward_B = at::zeros({batch}, context.reward_BS.options()),
          .completed_B = at::zeros({batch}, context.completed_BS.options()),
          .step_B = at::zeros({batch}, context.step_BS.options()),
          .trajectory_B = context.trajectory_BS.select(1, 0).sub(1)};
}

}  // namespace

PrecedingOutcomes OutcomesBefore(const Context& context,
                                 const std::optional<StepOutcome>& previous) {
  const StepOutcome first = previous ? *previous : NoOutcome(context);
  return {.action_BSA = ShiftRight(context.action_BSA, first.action_BA.unsqueeze(1)),
          .reward_BS = ShiftRight(context.reward_BS, first.reward_B.unsqueeze(1)),
          .completed_BS = ShiftRight(context.completed_BS, first.completed_B.unsqueeze(1)),
          .trajectory_BS = ShiftRight(context.trajectory_BS, first.trajectory_B.unsqueeze(1))};
}

ContextShard TakeShard(const Context& whole, ring::LayoutKind layout, const ring::Ring& ring) {
  const int64_t num_steps = whole.reward_BS.size(1);
  const auto steps = ring::SequenceLayout::Make(layout, num_steps, ring.size());
  const auto take = [&](const at::Tensor& x_BSX) {
    return ring::TakeShard(x_BSX, steps, ring.rank(), /*dim=*/1);
  };
  const PrecedingOutcomes before = OutcomesBefore(whole, std::nullopt);
  return {.context = {.observation_BSO = take(whole.observation_BSO),
                      .action_BSA = take(whole.action_BSA),
                      .reward_BS = take(whole.reward_BS),
                      .return_to_go_BS = take(whole.return_to_go_BS),
                      .completed_BS = take(whole.completed_BS),
                      .step_BS = take(whole.step_BS),
                      .trajectory_BS = take(whole.trajectory_BS)},
          .before = {.action_BSA = take(before.action_BSA),
                     .reward_BS = take(before.reward_BS),
                     .completed_BS = take(before.completed_BS),
                     .trajectory_BS = take(before.trajectory_BS)},
          .layout = layout,
          .num_steps = num_steps};
}

}  // namespace models
