#include "rl/agents/chain_sampler.h"

#include "rl/agents/generator_state.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace rl {
namespace {

constexpr uint64_t kSplitSeed = 301;

}  // namespace

EpisodeSplit SplitEpisodes(int64_t num_episodes, double validation_fraction) {
  if (num_episodes < 1) throw std::invalid_argument("the dataset has no episodes to train on");
  std::vector<int64_t> shuffled(num_episodes);
  std::iota(shuffled.begin(), shuffled.end(), 0);
  // Not every k-th episode: collectors that cycle through behaviors would align with it.
  std::mt19937_64 rng(kSplitSeed);
  for (int64_t i = num_episodes; i > 1; --i)
    std::swap(shuffled[i - 1], shuffled[DrawBelow(i, rng)]);

  int64_t held_out = std::llround(validation_fraction * static_cast<double>(num_episodes));
  if (validation_fraction > 0) held_out = std::max<int64_t>(held_out, 1);
  held_out = std::min(held_out, num_episodes - 1);

  EpisodeSplit split;
  split.validation.assign(shuffled.begin(), shuffled.begin() + held_out);
  split.training.assign(shuffled.begin() + held_out, shuffled.end());
  std::sort(split.validation.begin(), split.validation.end());
  std::sort(split.training.begin(), split.training.end());
  return split;
}

ChainSampler::ChainSampler(const ChainOptions& options, std::vector<int64_t> episodes,
                           std::span<const int64_t> num_steps,
                           std::span<const double> episode_returns)
    : options_(options),
      order_(ParseChainOrder(options.order)),
      relabel_(ParseChainRelabel(options.relabel)),
      episodes_(std::move(episodes)),
      num_steps_(num_steps.begin(), num_steps.end()),
      episode_returns_(episode_returns.begin(), episode_returns.end()) {
  if (std::ssize(episodes_) < options.trajectories) {
    throw std::invalid_argument("chain.trajectories is " + std::to_string(options.trajectories) +
                                " but only " + std::to_string(episodes_.size()) +
                                " episodes are there to draw from; lower it or add episodes");
  }
  uint64_t sum = 0;
  for (const int64_t episode : episodes_) {
    if (num_steps_[episode] < 1) {
      throw std::invalid_argument("episode " + std::to_string(episode) +
                                  " has no steps; remove it from the dataset");
    }
    cumulative_steps_.push_back(sum += num_steps_[episode]);
  }
}

std::vector<HindsightChain> ChainSampler::Sample() {
  const auto num_trajectories = static_cast<int64_t>(DrawBelow(options_.trajectories, rng_)) + 1;
  std::vector<HindsightChain> chains;
  chains.reserve(options_.batch);
  for (int64_t i = 0; i < options_.batch; ++i) chains.push_back(SampleChain(num_trajectories));
  return chains;
}

HindsightChain ChainSampler::SampleChain(int64_t num_trajectories) {
  // Drawing again on a repetition equals drawing without replacement.
  std::vector<int64_t> drawn;
  while (std::ssize(drawn) < num_trajectories) {
    const int64_t episode = DrawEpisode();
    if (std::find(drawn.begin(), drawn.end(), episode) == drawn.end()) drawn.push_back(episode);
  }
  OrderEpisodes(drawn, episode_returns_, order_, rng_);

  std::vector<Segment> segments;
  std::vector<double> returns;
  for (const int64_t episode : drawn) {
    segments.push_back(DrawSegment(episode, num_steps_[episode], options_.window, rng_));
    returns.push_back(episode_returns_[episode]);
  }
  return LabelChain(segments, returns, relabel_);
}

int64_t ChainSampler::DrawEpisode() {
  const uint64_t step = DrawBelow(cumulative_steps_.back(), rng_);
  const auto found = std::upper_bound(cumulative_steps_.begin(), cumulative_steps_.end(), step);
  return episodes_[found - cumulative_steps_.begin()];
}

std::string ChainSampler::SaveState() const { return GeneratorToText(rng_); }

void ChainSampler::RestoreState(const std::string& text) { rng_ = GeneratorFromText(text); }

}  // namespace rl
