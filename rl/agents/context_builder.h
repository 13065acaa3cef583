// The one place where a models::Context is made, for training and for acting.
//
// Offline agents go wrong where the input they act on differs in a detail from the input they were
// trained on: a reward shifted by one, a target scaled twice. So stored episodes and live rollouts
// become the same StepTable first, and one function turns segments of a StepTable into a Context.
// Acting step by step goes through NextStep() and LastOutcome(), which share their arithmetic.
//
// Shapes: B chains, S steps, N rows of a table, T steps of a rollout, O observation, A action.
#ifndef RL_AGENTS_CONTEXT_BUILDER_H_
#define RL_AGENTS_CONTEXT_BUILDER_H_

#include "datasets/episode_tensors.h"
#include "datasets/normalizer.h"
#include "models/context.h"
#include "rl/agents/hindsight.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace rl {

// Recorded trajectories, one after another, with raw observations. Contiguous and float32.
struct StepTable {
  at::Tensor observation_NO;
  at::Tensor action_NA;
  at::Tensor reward_N;
  at::Tensor collected_N;                  // float64: rewards of the same episode before this step
  std::vector<int64_t> observation_begin;  // first row of episode i in observation_NO
  std::vector<int64_t> step_begin;         // ... and in the others
};

// Shares the dataset's tensors; only collected_N is new.
StepTable MakeStepTable(const datasets::EpisodeTensors& episodes);

// B rollouts of T steps each; rollout b becomes episode b.
StepTable MakeStepTable(const at::Tensor& observation_BTO, const at::Tensor& action_BTA,
                        const at::Tensor& reward_BT);

// A step about to be acted on, all chains alike.
struct LiveStep {
  at::Tensor observation_BO;  // raw
  at::Tensor collected_B;     // float64: rewards of this rollout so far
  double target_return;
  int64_t step;        // within the rollout
  int64_t trajectory;  // index of the rollout in the context
};

// Immutable; any number of threads may build at once.
class ContextBuilder {
 public:
  // Observations are normalised, returns-to-go divided by `return_scale`.
  ContextBuilder(datasets::Normalizer normalizer, double return_scale);

  // One row per chain, as long as the longest; padded with zeros. Trajectories are numbered from
  // `first_trajectory`. One pass over the rows: a thousand steps of walker take 15 microseconds.
  models::Context Build(const StepTable& table, std::span<const HindsightChain> chains,
                        int64_t first_trajectory = 0) const;

  // The step before it, if any, is `previous`, whatever trajectory it belongs to.
  models::ContextStep NextStep(const LiveStep& step,
                               const std::optional<models::StepOutcome>& previous) const;

  // What the last step of every row led to. REQUIRES: rows without padding.
  static models::StepOutcome LastOutcome(const models::Context& context);

  // What the last action led to; `completed_B` float32 0 or 1.
  static models::StepOutcome Outcome(const at::Tensor& action_BA, const at::Tensor& reward_B,
                                     const at::Tensor& completed_B, const LiveStep& step);

 private:
  // Where a link's steps begin among all steps of a context, and the index they are given.
  struct LinkPlace {
    int64_t position;
    int64_t trajectory;
  };

  void FillLink(const StepTable& table, const ChainLink& link, const LinkPlace& place,
                models::Context& context) const;
  at::Tensor ReturnToGo(const at::Tensor& target_return, const at::Tensor& collected) const;

  datasets::Normalizer normalizer_;
  double return_scale_;
};

// The values of `value_N`, one for each step of `table`, at the steps of a Context built from
// `chains`; 0 on padding.
at::Tensor StepValues(const at::Tensor& value_N, const StepTable& table,
                      std::span<const HindsightChain> chains);  // -> BS

// Weight in the loss of every step of a Context built from `chains`; 0 on padding.
at::Tensor LossWeights(std::span<const HindsightChain> chains, LossTrajectories rule);  // -> BS

}  // namespace rl

#endif  // RL_AGENTS_CONTEXT_BUILDER_H_
