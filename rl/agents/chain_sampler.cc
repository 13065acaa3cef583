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

// Ascending, ties by index.
std::vector<int64_t> ByReturn(std::vector<int64_t> episodes,
                              std::span<const double> episode_returns) {
  std::sort(episodes.begin(), episodes.end(), [&](int64_t a, int64_t b) {
    return std::pair(episode_returns[a], a) < std::pair(episode_returns[b], b);
  });
  return episodes;
}

std::vector<uint64_t> Weights(std::span<const int64_t> episodes,
                              std::span<const int64_t> num_steps) {
  std::vector<uint64_t> weights;
  for (const int64_t episode : episodes) {
    if (num_steps[episode] < 1) {
      throw std::invalid_argument("episode " + std::to_string(episode) +
                                  " has no steps; remove it from the dataset");
    }
    weights.push_back(num_steps[episode]);
  }
  return weights;
}

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
                           std::span<const double> episode_returns, WindowStart window_start)
    : options_(options),
      count_(ParseChainCount(options.count)),
      draw_(ParseChainDraw(options.draw)),
      order_(ParseChainOrder(options.order)),
      relabel_(ParseChainRelabel(options.relabel)),
      window_start_(window_start),
      episodes_(std::move(episodes)),
      by_return_(ByReturn(episodes_, episode_returns)),
      pool_(Weights(by_return_, num_steps)),
      num_steps_(num_steps.begin(), num_steps.end()),
      episode_returns_(episode_returns.begin(), episode_returns.end()) {
  if (num_episodes() < options.trajectories) {
    throw std::invalid_argument("chain.trajectories is " + std::to_string(options.trajectories) +
                                " but only " + std::to_string(num_episodes()) +
                                " episodes are there to draw from; lower it or add episodes");
  }
  std::sort(episodes_.begin(), episodes_.end());
}

std::vector<HindsightChain> ChainSampler::Sample() {
  int64_t num_trajectories = options_.trajectories;
  if (count_ == ChainCount::kUniform) {
    num_trajectories = static_cast<int64_t>(DrawBelow(options_.trajectories, rng_)) + 1;
  }
  std::vector<HindsightChain> chains;
  chains.reserve(options_.batch);
  for (int64_t i = 0; i < options_.batch; ++i) chains.push_back(SampleChain(num_trajectories));
  return chains;
}

HindsightChain ChainSampler::SampleChain(int64_t num_trajectories) {
  std::vector<int64_t> drawn = DrawEpisodes(num_trajectories);
  OrderEpisodes(drawn, episode_returns_, order_, rng_);

  std::vector<Segment> segments;
  std::vector<double> returns;
  for (const int64_t episode : drawn) {
    segments.push_back(DrawWindow(episode));
    returns.push_back(episode_returns_[episode]);
  }
  return LabelChain(segments, returns, relabel_);
}

std::vector<int64_t> ChainSampler::DrawEpisodes(int64_t num_trajectories) {
  if (draw_ == ChainDraw::kHistory) {
    const auto first = episodes_.begin() + DrawBelow(num_episodes() - num_trajectories + 1, rng_);
    return {first, first + num_trajectories};
  }
  std::vector<int64_t> ranks;
  RankRange range = {.begin = 0, .end = num_episodes()};
  for (int64_t k = 0; k < num_trajectories; ++k) {
    if (draw_ == ChainDraw::kSpread) range = Stratum(k, num_trajectories);
    if (draw_ == ChainDraw::kBand && k == 1) range = BandAround(ranks[0], num_trajectories);
    ranks.push_back(pool_.Draw(range.begin, range.end, rng_));
  }
  std::vector<int64_t> drawn;
  for (const int64_t rank : ranks) {
    pool_.PutBack(rank);
    drawn.push_back(by_return_[rank]);
  }
  return drawn;
}

ChainSampler::RankRange ChainSampler::Stratum(int64_t k, int64_t num_trajectories) const {
  return {.begin = k * num_episodes() / num_trajectories,
          .end = (k + 1) * num_episodes() / num_trajectories};
}

ChainSampler::RankRange ChainSampler::BandAround(int64_t rank, int64_t num_trajectories) const {
  // Not one more because 0.1 * 30 is a little above 3 in binary.
  const double wanted = std::ceil(options_.band * static_cast<double>(num_episodes()) - 1e-9);
  const int64_t width = std::max(num_trajectories, static_cast<int64_t>(wanted));
  const int64_t begin = std::clamp<int64_t>(rank - width / 2, 0, num_episodes() - width);
  return {.begin = begin, .end = begin + width};
}

Segment ChainSampler::DrawWindow(int64_t episode) {
  const auto draw = window_start_ == WindowStart::kFull ? DrawSegment : DrawSegmentFromAnyStep;
  return draw(episode, num_steps_[episode], options_.window, rng_);
}

std::string ChainSampler::SaveState() const { return GeneratorToText(rng_); }

void ChainSampler::RestoreState(const std::string& text) { rng_ = GeneratorFromText(text); }

}  // namespace rl
