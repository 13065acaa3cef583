// Draws the chains that a training update sees.
//
// n is uniform in 1..N, or N, and shared by the chains of one batch; the n episodes of a chain are
// distinct, and each contributes a window at a uniformly random start. Which n of the E episodes:
//
//   length    One after another in proportion to their length, so that every step is as likely as
//             any other.
//   spread    The episodes, ascending by return and ties by index, are cut into n strata of equal
//             size (up to one): stratum k has the ranks [floor(k E / n), floor((k + 1) E / n)).
//             One episode of each, in proportion to length. All returns of the data take part
//             alike, and a chain climbs from the worst to the best.
//   band      A first episode in proportion to length; then the others, in proportion to length,
//             from the w = max(n, ceil(band E)) ranks around it: [c, c + w) with c = its rank
//             - floor(w / 2), moved so that the band has no end outside the ranks. A chain of like
//             skill, in which there is little to improve but much to compare.
//   history   n consecutive episodes in the order of the dataset, which is that of collection, the
//             first of them uniform in 0..E - n: a piece of the collector's learning history
//             (algorithm distillation, arXiv 2210.14215). Length does not count; episodes held out
//             leave gaps.
//
// By hand, for n = 2 and seven episodes of equal length, band 0.4:
//
//   episode            0    1    2    3    4    5    6
//   return            40   10   70   40   90   20   60
//   rank               2    0    5    3    6    1    4
//   spread            ranks [0, 3): one of 1, 5, 0        ranks [3, 7): one of 3, 6, 2, 4
//   band, w = 3       first is 6, rank 4: the other is 3 (rank 3) or 2 (rank 5)
//                     first is 1, rank 0: 5 (rank 1) or 0 (rank 2)
//   history           0 1, 1 2, 2 3, 3 4, 4 5 or 5 6, each once in six
//
// All of it comes from one std::mt19937_64, whose state is saved and restored as text: a restored
// sampler continues with the same draws.
#ifndef RL_AGENTS_CHAIN_SAMPLER_H_
#define RL_AGENTS_CHAIN_SAMPLER_H_

#include "rl/agents/agent_options.h"
#include "rl/agents/hindsight.h"
#include "rl/agents/weighted_pool.h"

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
               std::span<const int64_t> num_steps, std::span<const double> episode_returns,
               WindowStart window_start = WindowStart::kFull);

  // options.batch chains of equally many trajectories.
  std::vector<HindsightChain> Sample();

  void Seed(uint64_t seed) { rng_.seed(seed); }

  // The generator's state as decimal numbers; the inverse throws std::invalid_argument when the
  // text is not one.
  std::string SaveState() const;
  void RestoreState(const std::string& text);

 private:
  // Ranks [begin, end).
  struct RankRange {
    int64_t begin;
    int64_t end;
  };

  HindsightChain SampleChain(int64_t num_trajectories);
  std::vector<int64_t> DrawEpisodes(int64_t num_trajectories);
  Segment DrawWindow(int64_t episode);
  RankRange Stratum(int64_t k, int64_t num_trajectories) const;
  RankRange BandAround(int64_t rank, int64_t num_trajectories) const;
  int64_t num_episodes() const { return static_cast<int64_t>(episodes_.size()); }

  ChainOptions options_;
  ChainCount count_;
  ChainDraw draw_;
  ChainOrder order_;
  ChainRelabel relabel_;
  WindowStart window_start_;
  std::vector<int64_t> episodes_;   // ascending by index
  std::vector<int64_t> by_return_;  // the same, by rank
  WeightedPool pool_;               // ranks, by number of steps; all in it between draws
  std::vector<int64_t> num_steps_;
  std::vector<double> episode_returns_;
  std::mt19937_64 rng_;
};

}  // namespace rl

#endif  // RL_AGENTS_CHAIN_SAMPLER_H_
