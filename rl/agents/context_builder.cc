#include "rl/agents/context_builder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/full.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace rl {
namespace {

// Where each step of a context comes from and what it is told, row by row.
struct StepPlan {
  at::Tensor observation_row_BS, row_BS, step_BS, trajectory_BS;  // int64
  at::Tensor target_return_BS;                                    // float64
  at::Tensor completed_BS;                                        // float32
};

int64_t LongestChain(std::span<const HindsightChain> chains) {
  int64_t longest = 0;
  for (const HindsightChain& chain : chains) longest = std::max(longest, NumSteps(chain));
  return longest;
}

StepPlan EmptyPlan(int64_t num_chains, int64_t num_steps) {
  const auto zeros = [&](at::ScalarType type) {
    return at::zeros({num_chains, num_steps}, at::TensorOptions().dtype(type));
  };
  return {.observation_row_BS = zeros(at::kLong),
          .row_BS = zeros(at::kLong),
          .step_BS = zeros(at::kLong),
          .trajectory_BS = zeros(at::kLong),
          .target_return_BS = zeros(at::kDouble),
          .completed_BS = zeros(at::kFloat)};
}

bool EndsEpisode(const StepTable& table, const Segment& segment) {
  const size_t next = segment.episode + 1;
  const int64_t episode_end =
      next < table.step_begin.size() ? table.step_begin[next] : table.reward_N.size(0);
  return table.step_begin[segment.episode] + segment.end == episode_end;
}

// Fills the plan from position `i` (over all rows) and returns the position after the link.
int64_t PlanLink(const StepTable& table, const ChainLink& link, int64_t trajectory, int64_t i,
                 StepPlan& plan) {
  const Segment& segment = link.segment;
  int64_t* const observation_row = plan.observation_row_BS.data_ptr<int64_t>();
  int64_t* const row = plan.row_BS.data_ptr<int64_t>();
  int64_t* const step = plan.step_BS.data_ptr<int64_t>();
  int64_t* const trajectory_index = plan.trajectory_BS.data_ptr<int64_t>();
  double* const target_return = plan.target_return_BS.data_ptr<double>();
  for (int64_t t = segment.begin; t < segment.end; ++t, ++i) {
    observation_row[i] = table.observation_begin[segment.episode] + t;
    row[i] = table.step_begin[segment.episode] + t;
    step[i] = t;
    trajectory_index[i] = trajectory;
    target_return[i] = link.target_return;
  }
  const bool completed = link.completes && EndsEpisode(table, segment);
  plan.completed_BS.data_ptr<float>()[i - 1] = completed ? 1.0F : 0.0F;
  return i;
}

at::Tensor Rows(const at::Tensor& table, const at::Tensor& row_BS) {
  std::vector<int64_t> shape(row_BS.sizes().begin(), row_BS.sizes().end());
  shape.insert(shape.end(), table.sizes().begin() + 1, table.sizes().end());
  return at::index_select(table, 0, row_BS.view(-1)).view(shape);
}

// Sum of everything before, along the last dimension.
at::Tensor SumBefore(const at::Tensor& reward_BT) {
  const int64_t num_steps = reward_BT.size(-1);
  at::Tensor before = at::zeros(reward_BT.sizes(), reward_BT.options().dtype(at::kDouble));
  if (num_steps > 1) {
    before.narrow(-1, 1, num_steps - 1)
        .copy_(at::cumsum(reward_BT.narrow(-1, 0, num_steps - 1), -1, at::kDouble));
  }
  return before;
}

}  // namespace

StepTable MakeStepTable(const datasets::EpisodeTensors& episodes) {
  StepTable table{.observation_NO = episodes.observation_NO,
                  .action_NA = episodes.action_NA,
                  .reward_N = episodes.reward_N,
                  .collected_N = at::zeros(episodes.reward_N.sizes(), at::kDouble),
                  .observation_begin = episodes.observation_begin,
                  .step_begin = episodes.action_begin};
  for (int64_t i = 0; i < episodes.num_episodes(); ++i) {
    const int64_t begin = episodes.action_begin[i];
    const int64_t num_steps = episodes.num_steps[i];
    table.collected_N.narrow(0, begin, num_steps)
        .copy_(SumBefore(episodes.reward_N.narrow(0, begin, num_steps)));
  }
  return table;
}

StepTable MakeStepTable(const at::Tensor& observation_BTO, const at::Tensor& action_BTA,
                        const at::Tensor& reward_BT) {
  const int64_t num_rollouts = reward_BT.size(0);
  const int64_t num_steps = reward_BT.size(1);
  StepTable table{.observation_NO = observation_BTO.flatten(0, 1),
                  .action_NA = action_BTA.flatten(0, 1),
                  .reward_N = reward_BT.flatten(),
                  .collected_N = SumBefore(reward_BT).flatten(),
                  .observation_begin = {},
                  .step_begin = {}};
  for (int64_t i = 0; i < num_rollouts; ++i) table.step_begin.push_back(i * num_steps);
  table.observation_begin = table.step_begin;
  return table;
}

ContextBuilder::ContextBuilder(datasets::Normalizer normalizer, double return_scale)
    : normalizer_(std::move(normalizer)), return_scale_(return_scale) {}

models::Context ContextBuilder::Build(const StepTable& table,
                                      std::span<const HindsightChain> chains,
                                      int64_t first_trajectory) const {
  TORCH_CHECK(!chains.empty(), "a context needs at least one chain");
  const int64_t num_steps = LongestChain(chains);
  StepPlan plan = EmptyPlan(std::ssize(chains), num_steps);
  for (int64_t b = 0; b < std::ssize(chains); ++b) {
    int64_t position = b * num_steps;
    int64_t trajectory = first_trajectory;
    for (const ChainLink& link : chains[b]) {
      position = PlanLink(table, link, trajectory++, position, plan);
    }
  }
  return {
      .observation_BSO = normalizer_.Apply(Rows(table.observation_NO, plan.observation_row_BS)),
      .action_BSA = Rows(table.action_NA, plan.row_BS),
      .reward_BS = Rows(table.reward_N, plan.row_BS),
      .return_to_go_BS = ReturnToGo(plan.target_return_BS, Rows(table.collected_N, plan.row_BS)),
      .completed_BS = plan.completed_BS,
      .step_BS = plan.step_BS,
      .trajectory_BS = plan.trajectory_BS};
}

models::ContextStep ContextBuilder::NextStep(
    const LiveStep& step, const std::optional<models::StepOutcome>& previous) const {
  const int64_t num_chains = step.observation_BO.size(0);
  return {.observation_BO = normalizer_.Apply(step.observation_BO),
          .return_to_go_B =
              ReturnToGo(at::full({num_chains}, step.target_return, at::kDouble), step.collected_B),
          .step_B = at::full({num_chains}, step.step, at::kLong),
          .trajectory_B = at::full({num_chains}, step.trajectory, at::kLong),
          .previous = previous};
}

models::StepOutcome ContextBuilder::LastOutcome(const models::Context& context) {
  return {.action_BA = context.action_BSA.select(1, -1),
          .reward_B = context.reward_BS.select(1, -1),
          .completed_B = context.completed_BS.select(1, -1),
          .step_B = context.step_BS.select(1, -1),
          .trajectory_B = context.trajectory_BS.select(1, -1)};
}

models::StepOutcome ContextBuilder::Outcome(const at::Tensor& action_BA, const at::Tensor& reward_B,
                                            const at::Tensor& completed_B, const LiveStep& step) {
  const int64_t num_chains = action_BA.size(0);
  return {.action_BA = action_BA,
          .reward_B = reward_B,
          .completed_B = completed_B,
          .step_B = at::full({num_chains}, step.step, at::kLong),
          .trajectory_B = at::full({num_chains}, step.trajectory, at::kLong)};
}

// In float64 up to the last operation, so that a thousand small rewards lose nothing.
at::Tensor ContextBuilder::ReturnToGo(const at::Tensor& target_return,
                                      const at::Tensor& collected) const {
  return ((target_return - collected) / return_scale_).to(at::kFloat);
}

at::Tensor LossWeights(std::span<const HindsightChain> chains, LossTrajectories rule) {
  at::Tensor weight_BS = at::zeros({std::ssize(chains), LongestChain(chains)}, at::kFloat);
  for (int64_t b = 0; b < std::ssize(chains); ++b) {
    int64_t position = 0;
    for (int64_t rank = 0; rank < std::ssize(chains[b]); ++rank) {
      const Segment& segment = chains[b][rank].segment;
      weight_BS.select(0, b)
          .narrow(0, position, segment.end - segment.begin)
          .fill_(LossWeight(rule, rank, std::ssize(chains[b])));
      position += segment.end - segment.begin;
    }
  }
  return weight_BS;
}

}  // namespace rl
