#include "rl/agents/in_context_policy.h"

#include "models/agentic_transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <utility>

namespace rl {

InContextPolicy::InContextPolicy(std::shared_ptr<const models::AgenticTransformer> network,
                                 ContextBuilder builder, const InContextOptions& options)
    : network_(std::move(network)),
      builder_(std::move(builder)),
      options_(options),
      order_(network_->options().observation_dim) {
  TORCH_CHECK_VALUE(options.max_context_steps >= 0, "the longest context is ",
                    options.max_context_steps, " steps; use 0 for no limit or more");
}

void InContextPolicy::StartChains(int64_t num_chains, uint64_t seed) {
  order_.StartChains(num_chains);
  const c10::InferenceMode no_gradients;
  rng_.seed(seed);
  finished_.clear();
  cache_ = network_->MakeCache(num_chains, options_.ring);
  runner_.reset();
  if (models::StepRunner::Serves(*network_)) runner_.emplace(*network_, num_chains);
  previous_.reset();
  finished_tokens_ = 0;
  finished_previous_.reset();
}

void InContextPolicy::StartRollout() {
  order_.StartRollout();
  const c10::InferenceMode no_gradients;
  current_ = {.observations_NO = {},
              .actions_NA = {},
              .rewards_N = {},
              .collected_N = at::zeros({order_.num_chains()}, at::kDouble)};
  shown_begin_ = 0;
}

at::Tensor InContextPolicy::Act(const at::Tensor& observation_NO) {
  order_.Act(observation_NO);
  const c10::InferenceMode no_gradients;
  if (options_.window > 0 && num_steps() % options_.window == 0) CutToFinished();
  while (ContextIsFull()) ForgetOldest();

  current_.observations_NO.push_back(observation_NO.clone());
  const LiveStep step = StepToAct(current_.observations_NO.back());
  const models::ContextStep next = builder_.NextStep(step, previous_);
  current_.actions_NA.push_back(runner_ ? runner_->ActStep(next, *cache_)
                                        : network_->ActStep(next, *cache_));
  return current_.actions_NA.back();
}

void InContextPolicy::Observe(const at::Tensor& reward_N) {
  order_.Observe(reward_N);
  const c10::InferenceMode no_gradients;
  const LiveStep step = StepToAct(current_.observations_NO.back());
  current_.rewards_N.push_back(reward_N.clone());
  current_.collected_N = current_.collected_N + reward_N;
  const at::Tensor not_completed_N = at::zeros({order_.num_chains()});
  previous_ = ContextBuilder::Outcome(current_.actions_NA.back(), current_.rewards_N.back(),
                                      not_completed_N, step);
}

void InContextPolicy::FinishRollout() {
  TORCH_CHECK(num_steps() > 0, "FinishRollout() after a rollout of no steps");
  order_.FinishRollout();
  const c10::InferenceMode no_gradients;
  const at::Tensor completed_N = current_.collected_N.ge(options_.target_return);
  const auto trajectory = static_cast<int64_t>(finished_.size());
  finished_.push_back({.table = CurrentTable(), .shown = ShowFinished(completed_N)});
  if (options_.window > 0) {
    CutToFinished();
    Append(finished_.back().table, finished_.back().shown, trajectory);
    finished_tokens_ = cache_->length();
  } else {
    // Only the last step's outcome is missing from the cache: it enters with the next step.
    previous_->completed_B = completed_N.to(at::kFloat);
  }
  finished_previous_ = previous_;
  current_ = {};
}

LiveStep InContextPolicy::StepToAct(const at::Tensor& observation_NO) const {
  return {.observation_BO = observation_NO,
          .collected_B = current_.collected_N,
          .target_return = options_.target_return,
          .step = num_steps(),
          .trajectory = static_cast<int64_t>(finished_.size())};
}

StepTable InContextPolicy::CurrentTable() const {
  return MakeStepTable(at::stack(current_.observations_NO, 1), at::stack(current_.actions_NA, 1),
                       at::stack(current_.rewards_N, 1));
}

// Draws from the policy's generator, chain after chain.
std::vector<HindsightChain> InContextPolicy::ShowFinished(const at::Tensor& completed_N) {
  std::vector<HindsightChain> shown;
  for (int64_t n = 0; n < order_.num_chains(); ++n) {
    shown.push_back({{.segment = DrawSegment(n, num_steps(), options_.window, rng_),
                      .target_return = options_.target_return,
                      .completes = completed_N[n].item<bool>()}});
  }
  return shown;
}

bool InContextPolicy::ContextIsFull() const {
  const int64_t max_trajectories = network_->options().max_trajectories;
  if (max_trajectories > 0 && std::ssize(finished_) >= max_trajectories) return true;
  if (options_.max_context_steps == 0) return false;
  int64_t num_context_steps = num_steps() + 1 - shown_begin_;
  for (const FinishedRollout& rollout : finished_) num_context_steps += NumSteps(rollout.shown[0]);
  return num_context_steps > options_.max_context_steps;
}

void InContextPolicy::CutToFinished() {
  cache_->Truncate(finished_tokens_);
  previous_ = finished_previous_;
  shown_begin_ = num_steps();
}

void InContextPolicy::ForgetOldest() {
  TORCH_CHECK_VALUE(!finished_.empty(), "the longest context, ", options_.max_context_steps,
                    " steps, does not hold one rollout; raise it");
  finished_.pop_front();
  cache_->Clear();
  previous_.reset();
  int64_t trajectory = 0;
  for (const FinishedRollout& rollout : finished_) {
    Append(rollout.table, rollout.shown, trajectory++);
  }
  finished_tokens_ = cache_->length();
  finished_previous_ = previous_;
  if (num_steps() == shown_begin_) return;

  std::vector<HindsightChain> shown;
  for (int64_t n = 0; n < order_.num_chains(); ++n) {
    shown.push_back({{.segment = {.episode = n, .begin = shown_begin_, .end = num_steps()},
                      .target_return = options_.target_return,
                      .completes = false}});
  }
  Append(CurrentTable(), shown, trajectory);
}

void InContextPolicy::Append(const StepTable& table, const std::vector<HindsightChain>& shown,
                             int64_t trajectory) {
  const models::Context context = builder_.Build(table, shown, trajectory);
  network_->AppendSteps(context, previous_, *cache_);
  previous_ = ContextBuilder::LastOutcome(context);
}

}  // namespace rl
