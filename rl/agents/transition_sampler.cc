#include "rl/agents/transition_sampler.h"

#include "rl/agents/generator_state.h"
#include "rl/agents/hindsight.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace rl {

TransitionDraw ParseTransitionDraw(const std::string& name) {
  if (name == "episode") return TransitionDraw::kEpisode;
  if (name == "transition") return TransitionDraw::kTransition;
  throw std::invalid_argument("baseline.draw is \"" + name + "\"; use episode or transition");
}

std::vector<int64_t> BestEpisodes(std::span<const int64_t> among,
                                  std::span<const double> episode_returns, double share) {
  std::vector<int64_t> best(among.begin(), among.end());
  std::ranges::sort(best, [&](int64_t a, int64_t b) {
    return episode_returns[a] != episode_returns[b] ? episode_returns[a] > episode_returns[b]
                                                    : a < b;
  });
  // Not one more because 0.1 * 30 is a little above 3 in binary.
  const double wanted = std::ceil(share * static_cast<double>(best.size()) - 1e-9);
  best.resize(std::min(best.size(), static_cast<size_t>(std::max(wanted, 1.0))));
  std::ranges::sort(best);
  return best;
}

TransitionSampler::TransitionSampler(const TransitionSamplerOptions& options,
                                     const datasets::EpisodeTensors& episodes,
                                     std::span<const int64_t> chosen)
    : options_(options),
      observation_NO_(episodes.observation_NO.contiguous()),
      action_NA_(episodes.action_NA.contiguous()),
      reward_N_(episodes.reward_N.contiguous()) {
  if (chosen.empty()) throw std::invalid_argument("there are no episodes to draw transitions from");
  uint64_t sum = 0;
  for (const int64_t i : chosen) {
    if (episodes.num_steps[i] < 1) {
      throw std::invalid_argument("episode " + std::to_string(i) +
                                  " has no steps; remove it from the dataset");
    }
    episodes_.push_back(
        {.num_steps = episodes.num_steps[i],
         .observation_begin = episodes.observation_begin[i],
         .action_begin = episodes.action_begin[i],
         .terminated = !episodes.terminated.empty() && episodes.terminated[i] != 0});
    cumulative_steps_.push_back(sum += episodes.num_steps[i]);
  }
}

TransitionBatch TransitionSampler::Sample() {
  // All draws first: the rows lie far apart, and fetching several at once hides how far.
  std::vector<Transition> transitions;
  transitions.reserve(options_.batch);
  for (int64_t i = 0; i < options_.batch; ++i) transitions.push_back(DrawTransition());

  const int64_t observation_dim = observation_NO_.size(1), action_dim = action_NA_.size(1);
  const TransitionBatch batch = {
      .observation_BO = at::empty({options_.batch, observation_dim}),
      .action_BA = at::empty({options_.batch, action_dim}),
      .reward_B = at::empty({options_.batch}),
      .discount_B = at::empty({options_.batch}),
      .next_observation_BO = at::empty({options_.batch, observation_dim})};
  const float* const observations = observation_NO_.const_data_ptr<float>();
  const float* const actions = action_NA_.const_data_ptr<float>();
  const float* const rewards = reward_N_.const_data_ptr<float>();
  float* observation = batch.observation_BO.mutable_data_ptr<float>();
  float* next_observation = batch.next_observation_BO.mutable_data_ptr<float>();
  float* action = batch.action_BA.mutable_data_ptr<float>();
  float* reward = batch.reward_B.mutable_data_ptr<float>();
  float* discount = batch.discount_B.mutable_data_ptr<float>();
  for (const auto& [observation_row, action_row, ends] : transitions) {
    const float* const from = observations + observation_row * observation_dim;
    observation = std::copy_n(from, observation_dim, observation);
    next_observation = std::copy_n(from + observation_dim, observation_dim, next_observation);
    action = std::copy_n(actions + action_row * action_dim, action_dim, action);
    *reward++ = rewards[action_row];
    *discount++ = ends ? 0.0F : static_cast<float>(options_.discount);
  }
  return batch;
}

TransitionSampler::Transition TransitionSampler::DrawTransition() {
  size_t episode = 0;
  int64_t step = 0;
  if (options_.draw == TransitionDraw::kEpisode) {
    episode = DrawBelow(episodes_.size(), rng_);
    step = static_cast<int64_t>(DrawBelow(episodes_[episode].num_steps, rng_));
  } else {
    const uint64_t drawn = DrawBelow(cumulative_steps_.back(), rng_);
    const auto found = std::ranges::upper_bound(cumulative_steps_, drawn);
    episode = static_cast<size_t>(found - cumulative_steps_.begin());
    step = episodes_[episode].num_steps - static_cast<int64_t>(*found - drawn);
  }
  const Rows& rows = episodes_[episode];
  return {.observation_row = rows.observation_begin + step,
          .action_row = rows.action_begin + step,
          .ends = rows.terminated && step + 1 == rows.num_steps};
}

std::vector<TransitionBatch> Split(const TransitionBatch& batch, int64_t num_parts) {
  std::vector<TransitionBatch> parts;
  const int64_t rows = batch.action_BA.size(0);
  for (int64_t i = 0; i < num_parts; ++i) {
    const int64_t begin = rows * i / num_parts, count = rows * (i + 1) / num_parts - begin;
    parts.push_back({.observation_BO = batch.observation_BO.narrow(0, begin, count),
                     .action_BA = batch.action_BA.narrow(0, begin, count),
                     .reward_B = batch.reward_B.narrow(0, begin, count),
                     .discount_B = batch.discount_B.narrow(0, begin, count),
                     .next_observation_BO = batch.next_observation_BO.narrow(0, begin, count)});
  }
  return parts;
}

std::string TransitionSampler::SaveState() const { return GeneratorToText(rng_); }

void TransitionSampler::RestoreState(const std::string& text) { rng_ = GeneratorFromText(text); }

}  // namespace rl
