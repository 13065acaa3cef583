#include "rl/agents/hindsight.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

namespace rl {

ChainCount ParseChainCount(const std::string& name) {
  if (name == "uniform") return ChainCount::kUniform;
  if (name == "fixed") return ChainCount::kFixed;
  throw std::invalid_argument("chain.count is \"" + name + "\"; choose uniform or fixed");
}

ChainDraw ParseChainDraw(const std::string& name) {
  if (name == "length") return ChainDraw::kLength;
  if (name == "spread") return ChainDraw::kSpread;
  if (name == "band") return ChainDraw::kBand;
  if (name == "history") return ChainDraw::kHistory;
  throw std::invalid_argument("chain.draw is \"" + name +
                              "\"; choose length, spread, band or history");
}

ChainOrder ParseChainOrder(const std::string& name) {
  if (name == "ascending") return ChainOrder::kAscending;
  if (name == "shuffled") return ChainOrder::kShuffled;
  if (name == "time") return ChainOrder::kTime;
  throw std::invalid_argument("chain.order is \"" + name +
                              "\"; choose ascending, shuffled or time");
}

ChainRelabel ParseChainRelabel(const std::string& name) {
  if (name == "chain") return ChainRelabel::kChain;
  if (name == "own") return ChainRelabel::kOwn;
  throw std::invalid_argument("chain.relabel is \"" + name + "\"; choose chain or own");
}

LossTrajectories ParseLossTrajectories(const std::string& name) {
  if (name == "all") return LossTrajectories::kAll;
  if (name == "last") return LossTrajectories::kLast;
  if (name == "rising") return LossTrajectories::kRising;
  throw std::invalid_argument("loss.trajectories is \"" + name + "\"; choose all, last or rising");
}

uint64_t DrawBelow(uint64_t bound, std::mt19937_64& rng) {
  if (bound == 0) throw std::logic_error("DrawBelow: nothing lies below 0");
  // The standard's own distributions differ between libraries. Draws beyond the largest multiple of
  // `bound` would favor small results and are drawn again.
  const uint64_t rejected = (std::numeric_limits<uint64_t>::max() % bound + 1) % bound;
  uint64_t draw = rng();
  while (draw > std::numeric_limits<uint64_t>::max() - rejected) draw = rng();
  return draw % bound;
}

Segment DrawSegment(int64_t episode, int64_t num_steps, int64_t window, std::mt19937_64& rng) {
  if (window == 0 || window >= num_steps) return {.episode = episode, .begin = 0, .end = num_steps};
  const auto begin = static_cast<int64_t>(DrawBelow(num_steps - window + 1, rng));
  return {.episode = episode, .begin = begin, .end = begin + window};
}

Segment DrawSegmentFromAnyStep(int64_t episode, int64_t num_steps, int64_t window,
                               std::mt19937_64& rng) {
  const auto begin = static_cast<int64_t>(DrawBelow(num_steps, rng));
  return {.episode = episode, .begin = begin, .end = std::min(begin + window, num_steps)};
}

void OrderEpisodes(std::vector<int64_t>& episodes, std::span<const double> episode_returns,
                   ChainOrder order, std::mt19937_64& rng) {
  // Also the start of a shuffle, so that its result does not depend on the order of the draws.
  std::sort(episodes.begin(), episodes.end());
  switch (order) {
    case ChainOrder::kTime:
      break;
    case ChainOrder::kAscending:
      std::stable_sort(episodes.begin(), episodes.end(), [&](int64_t a, int64_t b) {
        return episode_returns[a] < episode_returns[b];
      });
      break;
    case ChainOrder::kShuffled:
      for (size_t i = episodes.size(); i > 1; --i) {
        std::swap(episodes[i - 1], episodes[DrawBelow(i, rng)]);
      }
      break;
  }
}

HindsightChain LabelChain(std::span<const Segment> segments, std::span<const double> returns,
                          ChainRelabel relabel) {
  if (segments.empty() || segments.size() != returns.size()) {
    throw std::logic_error("LabelChain needs at least one segment and one return for each");
  }
  const double best = *std::max_element(returns.begin(), returns.end());
  HindsightChain chain;
  chain.reserve(segments.size());
  for (size_t i = 0; i < segments.size(); ++i) {
    chain.push_back({.segment = segments[i],
                     .target_return = relabel == ChainRelabel::kChain ? best : returns[i],
                     .completes = returns[i] >= best});
  }
  return chain;
}

int64_t NumSteps(const HindsightChain& chain) {
  int64_t num_steps = 0;
  for (const ChainLink& link : chain) num_steps += link.segment.end - link.segment.begin;
  return num_steps;
}

double LossWeight(LossTrajectories rule, int64_t rank, int64_t num_trajectories) {
  switch (rule) {
    case LossTrajectories::kAll:
      return 1;
    case LossTrajectories::kLast:
      return rank + 1 == num_trajectories ? 1 : 0;
    case LossTrajectories::kRising:
      return static_cast<double>(rank + 1) / static_cast<double>(num_trajectories);
  }
  throw std::logic_error("LossWeight: unknown rule");
}

}  // namespace rl
