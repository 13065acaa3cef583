#include "rl/agents/context_builder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace rl {
namespace {

int64_t LongestChain(std::span<const HindsightChain> chains) {
  int64_t longest = 0;
  for (const HindsightChain& chain : chains) longest = std::max(longest, NumSteps(chain));
  return longest;
}

models::Context EmptyContext(const StepTable& table, int64_t num_chains, int64_t num_steps) {
  const auto empty = [&](at::ScalarType type) { return at::empty({num_chains, num_steps}, type); };
  return {.observation_BSO = at::empty({num_chains, num_steps, table.observation_NO.size(1)}),
          .action_BSA = at::empty({num_chains, num_steps, table.action_NA.size(1)}),
          .reward_BS = empty(at::kFloat),
          .return_to_go_BS = empty(at::kFloat),
          .completed_BS = empty(at::kFloat),
          .step_BS = empty(at::kLong),
          .trajectory_BS = empty(at::kLong)};
}

// Zeros behind the first `num_steps` steps of chain `b`.
void Pad(const models::Context& context, int64_t b, int64_t num_steps) {
  for (const at::Tensor* tensor :
       {&context.observation_BSO, &context.action_BSA, &context.reward_BS, &context.return_to_go_BS,
        &context.completed_BS, &context.step_BS, &context.trajectory_BS}) {
    const int64_t padding = tensor->size(1) - num_steps;
    if (padding > 0) tensor->select(0, b).narrow(0, num_steps, padding).zero_();
  }
}

bool EndsEpisode(const StepTable& table, const Segment& segment) {
  const size_t next = segment.episode + 1;
  const int64_t episode_end =
      next < table.step_begin.size() ? table.step_begin[next] : table.reward_N.size(0);
  return table.step_begin[segment.episode] + segment.end == episode_end;
}

// The rows of one link: [from, from + num_steps) of a table, [to, to + num_steps) of a context
// whose chains lie one behind the other.
struct LinkRows {
  int64_t from, to, num_steps;
};

void CopyRows(const at::Tensor& table, const LinkRows& rows, at::Tensor& context) {
  const int64_t width = table.dim() == 2 ? table.size(1) : 1;
  std::copy_n(table.const_data_ptr<float>() + rows.from * width, rows.num_steps * width,
              context.mutable_data_ptr<float>() + rows.to * width);
}

// Bit for bit what datasets::Normalizer::Apply makes of the rows.
void NormalizeRows(const datasets::Normalizer& normalizer, const at::Tensor& observation_NO,
                   const LinkRows& rows, at::Tensor& context_BSO) {
  const int64_t width = observation_NO.size(1);
  const float* const mean = normalizer.mean_O.const_data_ptr<float>();
  const float* const std = normalizer.std_O.const_data_ptr<float>();
  const float* in = observation_NO.const_data_ptr<float>() + rows.from * width;
  float* out = context_BSO.mutable_data_ptr<float>() + rows.to * width;
  for (int64_t t = 0; t < rows.num_steps; ++t, in += width, out += width) {
    for (int64_t o = 0; o < width; ++o) out[o] = (in[o] - mean[o]) / std[o];
  }
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
  StepTable table{.observation_NO = episodes.observation_NO.contiguous(),
                  .action_NA = episodes.action_NA.contiguous(),
                  .reward_N = episodes.reward_N.contiguous(),
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
  StepTable table{.observation_NO = observation_BTO.flatten(0, 1).contiguous(),
                  .action_NA = action_BTA.flatten(0, 1).contiguous(),
                  .reward_N = reward_BT.flatten().contiguous(),
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
  TORCH_CHECK(table.observation_NO.size(1) == normalizer_.mean_O.size(0), "observations have ",
              table.observation_NO.size(1), " dimensions, the normalizer has ",
              normalizer_.mean_O.size(0));
  const int64_t num_steps = LongestChain(chains);
  models::Context context = EmptyContext(table, std::ssize(chains), num_steps);
  for (int64_t b = 0; b < std::ssize(chains); ++b) {
    int64_t position = b * num_steps;
    int64_t trajectory = first_trajectory;
    for (const ChainLink& link : chains[b]) {
      FillLink(table, link, {.position = position, .trajectory = trajectory++}, context);
      position += link.segment.end - link.segment.begin;
    }
    Pad(context, b, position - b * num_steps);
  }
  return context;
}

void ContextBuilder::FillLink(const StepTable& table, const ChainLink& link, const LinkPlace& place,
                              models::Context& context) const {
  const Segment& segment = link.segment;
  const LinkRows steps = {.from = table.step_begin[segment.episode] + segment.begin,
                          .to = place.position,
                          .num_steps = segment.end - segment.begin};
  TORCH_CHECK(0 <= segment.begin && segment.begin < segment.end &&
                  steps.from + steps.num_steps <= table.reward_N.size(0),
              "steps ", segment.begin, " .. ", segment.end, " of episode ", segment.episode,
              " are not in the table");
  CopyRows(table.action_NA, steps, context.action_BSA);
  CopyRows(table.reward_N, steps, context.reward_BS);
  NormalizeRows(normalizer_, table.observation_NO,
                {.from = table.observation_begin[segment.episode] + segment.begin,
                 .to = steps.to,
                 .num_steps = steps.num_steps},
                context.observation_BSO);

  const double* const collected = table.collected_N.const_data_ptr<double>() + steps.from;
  float* const return_to_go = context.return_to_go_BS.mutable_data_ptr<float>() + steps.to;
  int64_t* const step = context.step_BS.mutable_data_ptr<int64_t>() + steps.to;
  int64_t* const trajectory = context.trajectory_BS.mutable_data_ptr<int64_t>() + steps.to;
  for (int64_t t = 0; t < steps.num_steps; ++t) {
    return_to_go[t] = static_cast<float>((link.target_return - collected[t]) / return_scale_);
    step[t] = segment.begin + t;
    trajectory[t] = place.trajectory;
  }
  float* const completed = context.completed_BS.mutable_data_ptr<float>() + steps.to;
  std::fill_n(completed, steps.num_steps, 0.0F);
  if (link.completes && EndsEpisode(table, segment)) completed[steps.num_steps - 1] = 1;
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

at::Tensor StepValues(const at::Tensor& value_N, const StepTable& table,
                      std::span<const HindsightChain> chains) {
  const int64_t num_steps = LongestChain(chains);
  at::Tensor value_BS = at::zeros({std::ssize(chains), num_steps}, at::kFloat);
  for (int64_t b = 0; b < std::ssize(chains); ++b) {
    LinkRows rows = {.from = 0, .to = b * num_steps, .num_steps = 0};
    for (const ChainLink& link : chains[b]) {
      const Segment& segment = link.segment;
      rows.from = table.step_begin[segment.episode] + segment.begin;
      rows.num_steps = segment.end - segment.begin;
      CopyRows(value_N, rows, value_BS);
      rows.to += rows.num_steps;
    }
  }
  return value_BS;
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
