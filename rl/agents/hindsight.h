// Chains of trajectories, told in hindsight what they should have reached.
//
// An Agentic Transformer (arXiv 2305.16554) sees several trajectories of one task in one context,
// worst first, and all of them are told to reach what only the best of them did:
//
//   returns of the chain       120      430      700
//   target return of each      700      700      700
//   completion flag at end      0        0        1
//
// The target minus what has been collected so far is the return-to-go of a step. To imitate the
// actions of the next trajectory the network has to look at how the earlier ones failed; at test
// the earlier ones are its own.
//
// A trajectory enters a chain whole or as a window of it (a Segment); its target and its flag stay
// those of the whole trajectory, and the flag shows only where the segment holds the last step.
#ifndef RL_AGENTS_HINDSIGHT_H_
#define RL_AGENTS_HINDSIGHT_H_

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace rl {

// Steps [begin, end) of one episode.
struct Segment {
  int64_t episode;
  int64_t begin;
  int64_t end;
};

// What one trajectory contributes to a chain.
struct ChainLink {
  Segment segment;
  double target_return;  // what every step of it is told to reach, in the task's own unit
  bool completes;        // its whole return reaches the best of the chain
};

// In the order of the context.
using HindsightChain = std::vector<ChainLink>;

enum class ChainCount { kUniform, kFixed };
enum class ChainDraw { kLength, kSpread, kBand, kHistory };
enum class ChainOrder { kAscending, kShuffled, kTime };
enum class ChainRelabel { kChain, kOwn };

// Where the window of a trajectory may start: so that it is full, or at any step, and then the
// trajectory's end may cut it short.
enum class WindowStart { kFull, kAnyStep };

// Which trajectories of a chain carry loss: all alike, the last only, or in proportion to their
// rank 1..n.
enum class LossTrajectories { kAll, kLast, kRising };

// Throw std::invalid_argument that lists the choices.
ChainCount ParseChainCount(const std::string& name);
ChainDraw ParseChainDraw(const std::string& name);
ChainOrder ParseChainOrder(const std::string& name);
ChainRelabel ParseChainRelabel(const std::string& name);
LossTrajectories ParseLossTrajectories(const std::string& name);

// The integer in [0, bound) that `rng` draws: the same on every machine, without bias.
// REQUIRES: bound > 0.
uint64_t DrawBelow(uint64_t bound, std::mt19937_64& rng);

// A window of `window` consecutive steps at a uniformly random start within an episode of
// `num_steps`; the whole episode when `window` is 0 or longer than it. Draws nothing then.
Segment DrawSegment(int64_t episode, int64_t num_steps, int64_t window, std::mt19937_64& rng);

// The same with a start that is any step, all alike. REQUIRES: window > 0.
Segment DrawSegmentFromAnyStep(int64_t episode, int64_t num_steps, int64_t window,
                               std::mt19937_64& rng);

// Sorts `episodes` (indices into `episode_returns`) for a context. `rng` is drawn from only by
// kShuffled. Equal returns stand in the order of their index.
void OrderEpisodes(std::vector<int64_t>& episodes, std::span<const double> episode_returns,
                   ChainOrder order, std::mt19937_64& rng);

// Labels one segment per trajectory, already in order. `returns` are those of the whole
// trajectories, one per segment.
HindsightChain LabelChain(std::span<const Segment> segments, std::span<const double> returns,
                          ChainRelabel relabel);

// Steps of the chain's segments together.
int64_t NumSteps(const HindsightChain& chain);

// Weight in the loss of every step of trajectory `rank` (0-based) of `num_trajectories`.
double LossWeight(LossTrajectories rule, int64_t rank, int64_t num_trajectories);

}  // namespace rl

#endif  // RL_AGENTS_HINDSIGHT_H_
