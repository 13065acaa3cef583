// Draws the single transitions that a memoryless algorithm learns from.
//
//   (observation t, action t, reward t, discount, observation t + 1)
//
// The discount is gamma, and 0 where the task ended there; a time limit is not an end.
//
// Shapes: B batch, O observation, A action.
#ifndef RL_AGENTS_TRANSITION_SAMPLER_H_
#define RL_AGENTS_TRANSITION_SAMPLER_H_

#include "datasets/episode_tensors.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace rl {

// kEpisode: an episode, then a step of it, each uniformly, as ExoRL's loader draws; steps of short
// episodes are then drawn more often.  kTransition: every transition alike.
enum class TransitionDraw { kEpisode, kTransition };

// "episode", "transition"; throws std::invalid_argument that lists them.
TransitionDraw ParseTransitionDraw(const std::string& name);

struct TransitionBatch {
  at::Tensor observation_BO, action_BA, reward_B, discount_B, next_observation_BO;  // float32
};

// The batch in so many parts, in order, as even as can be: views of its tensors.
std::vector<TransitionBatch> Split(const TransitionBatch& batch, int64_t num_parts);

struct TransitionSamplerOptions {
  int64_t batch = 1024;
  TransitionDraw draw = TransitionDraw::kEpisode;
  double discount = 0.99;  // gamma
};

// The ceil(share * n) of the n episodes `among` with the best returns, at least one, ascending by
// index; of equal returns the lower index is taken. `episode_returns` are of the whole dataset.
std::vector<int64_t> BestEpisodes(std::span<const int64_t> among,
                                  std::span<const double> episode_returns, double share);

// Shares the dataset's tensors; all randomness comes from one std::mt19937_64 whose state is saved
// as text, so that a restored sampler continues with the same draws.
class TransitionSampler {
 public:
  // Draws from the episodes listed in `chosen`. Throws std::invalid_argument when there is none, or
  // one without steps.
  TransitionSampler(const TransitionSamplerOptions& options,
                    const datasets::EpisodeTensors& episodes, std::span<const int64_t> chosen);

  TransitionBatch Sample();

  void Seed(uint64_t seed) { rng_.seed(seed); }

  // The generator's state as decimal numbers; the inverse throws std::invalid_argument when the
  // text is not one.
  std::string SaveState() const;
  void RestoreState(const std::string& text);

 private:
  // Where the transitions of one episode are.
  struct Rows {
    int64_t num_steps;
    int64_t observation_begin;
    int64_t action_begin;
    bool terminated;
  };

  struct Transition {
    int64_t observation_row;  // the next observation lies behind it
    int64_t action_row;
    bool ends;  // the task, with this transition
  };

  Transition DrawTransition();

  TransitionSamplerOptions options_;
  at::Tensor observation_NO_, action_NA_, reward_N_;
  std::vector<Rows> episodes_;
  std::vector<uint64_t> cumulative_steps_;  // steps of episodes_[0..i]
  std::mt19937_64 rng_;
};

}  // namespace rl

#endif  // RL_AGENTS_TRANSITION_SAMPLER_H_
