// Draws the chains that a training update sees.
//
// n is uniform in 1..N and shared by the chains of one batch; the n episodes of a chain are
// distinct and drawn one after another in proportion to their length, so that every step is as
// likely as any other; each contributes a window at a uniformly random start. All of it comes from
// one std::mt19937_64, whose state is saved and restored as text: a restored sampler continues
// with the same draws.
#ifndef RL_AGENTS_CHAIN_SAMPLER_H_
#define RL_AGENTS_CHAIN_SAMPLER_H_

#include "rl/agents/agent_options.h"
#include "rl/agents/hindsight.h"

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace rl {

struct EpisodeSplit {
  std::vector<int64_t> training;    // ascending, never empty
  std::vector<int64_t> validation;  // ascending
};

// Holds out `validation_fraction` of the episodes, at least one when it is positive and there are
// two, chosen by a fixed shuffle: a function of the two arguments alone, so that runs with other
// seeds are judged on the same episodes. Throws std::invalid_argument without episodes.
EpisodeSplit SplitEpisodes(int64_t num_episodes, double validation_fraction);

class ChainSampler {
 public:
  // Draws from `episodes`, indices into `num_steps` and `episode_returns` (of the whole dataset,
  // both copied). Throws std::invalid_argument when there are fewer episodes than
  // options.trajectories.
  ChainSampler(const ChainOptions& options, std::vector<int64_t> episodes,
               std::span<const int64_t> num_steps, std::span<const double> episode_returns);

  // options.batch chains of equally many trajectories.
  std::vector<HindsightChain> Sample();

  void Seed(uint64_t seed) { rng_.seed(seed); }

  // The generator's state as decimal numbers; the inverse throws std::invalid_argument when the
  // text is not one.
  std::string SaveState() const;
  void RestoreState(const std::string& text);

 private:
  HindsightChain SampleChain(int64_t num_trajectories);
  int64_t DrawEpisode();

  ChainOptions options_;
  ChainOrder order_;
  ChainRelabel relabel_;
  std::vector<int64_t> episodes_;
  std::vector<uint64_t> cumulative_steps_;  // steps of episodes_[0..i]
  std::vector<int64_t> num_steps_;
  std::vector<double> episode_returns_;
  std::mt19937_64 rng_;
};

}  // namespace rl

#endif  // RL_AGENTS_CHAIN_SAMPLER_H_
