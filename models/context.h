// What a sequence model sees: chains of trajectories as tensors, one row per chain.
//
// The same code builds it from stored episodes (training) and from the live episode (acting), which
// is what keeps the two alike. `Context` holds whole steps side by side; `ContextStep` is the one
// step about to be acted on, for models that remember the earlier ones in a key-value cache.
// `ContextShard` is what one rank of a ring holds of a context.
//
// Shapes: B chains, S steps of a context, O observation, A action.
// All tensors are float32 except `step` and `trajectory` (int64), on one device.
#ifndef MODELS_CONTEXT_H_
#define MODELS_CONTEXT_H_

#include "ring/layout/sequence_layout.h"
#include "ring/runtime/ring.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace models {

// Rows shorter than S are padded at the right end, with anything finite (and indices that exist,
// such as 0): attention is causal, so padding changes nothing before it. Which steps carry loss is
// the trainer's business.
struct Context {
  at::Tensor observation_BSO;  // normalised
  at::Tensor action_BSA;       // action taken at the step
  at::Tensor reward_BS;        // reward that followed it
  at::Tensor return_to_go_BS;  // return still asked for before the action, in model units
  at::Tensor completed_BS;     // 1 where the trajectory ended having reached the target, else 0
  at::Tensor step_BS;          // index of the step in its trajectory, restarts with each
  at::Tensor trajectory_BS;    // index of the trajectory in the chain, 0-based
};

// What a step led to, known only after acting.
struct StepOutcome {
  at::Tensor action_BA;
  at::Tensor reward_B;
  at::Tensor completed_B;
  at::Tensor step_B;        // of the step that had this outcome
  at::Tensor trajectory_B;  // likewise
};

// The step about to be acted on.
struct ContextStep {
  at::Tensor observation_BO;
  at::Tensor return_to_go_B;
  at::Tensor step_B;
  at::Tensor trajectory_B;

  // Outcome of the step before this one *in the context*, even if it belongs to an earlier
  // trajectory or is in the cache already; empty only for the first step of a context.
  std::optional<StepOutcome> previous;
};

// What the step before each step of a context led to, along the steps.
struct PrecedingOutcomes {
  at::Tensor action_BSA;
  at::Tensor reward_BS;
  at::Tensor completed_BS;
  at::Tensor trajectory_BS;  // of the step before
};

// `previous` is the outcome of the step before the first one. Without one the context begins here:
// zeros come first, of a trajectory that is none of the context's.
PrecedingOutcomes OutcomesBefore(const Context& context,
                                 const std::optional<StepOutcome>& previous);

// The steps of a context that one rank of a ring computes. A token may hold the outcome of the step
// before it, which may be another rank's, so those are taken from the whole before it is cut.
struct ContextShard {
  Context context;  // of these steps, ascending; there may be none
  PrecedingOutcomes before;
  ring::LayoutKind layout = ring::LayoutKind::kContiguous;
  int64_t num_steps = 0;  // of the whole context
};

// This rank's shard, none of which shares memory with the whole on a ring of two or more.
ContextShard TakeShard(const Context& whole, ring::LayoutKind layout, const ring::Ring& ring);

}  // namespace models

#endif  // MODELS_CONTEXT_H_
