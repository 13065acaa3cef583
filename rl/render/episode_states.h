// What happened in an episode, as physics states: enough to draw it afterwards.
//
// Pictures are drawn when a simulation is over, not while it runs. So filming cannot change what is
// filmed, an evaluation that is stopped has drawn nothing in vain, and the choice of the rollout to
// show can wait until all are played.
#ifndef RL_RENDER_EPISODE_STATES_H_
#define RL_RENDER_EPISODE_STATES_H_

#include <cstdint>
#include <span>
#include <vector>

namespace rl {

class Environment;

struct EpisodeStates {
  int state_dim = 1;
  std::vector<double> values = {};  // one row per step, the initial state first

  int64_t size() const { return static_cast<int64_t>(values.size()) / state_dim; }
  std::span<const double> operator[](int64_t step) const {
    return std::span(values).subspan(static_cast<size_t>(step * state_dim),
                                     static_cast<size_t>(state_dim));
  }
};

// Keeps the states of one environment, episode after episode.
class StateRecorder {
 public:
  // To be called after every reset and every step of the environment. Called again without a step
  // it does nothing. The state after a divergence, which means nothing, is left out.
  void Record(const Environment& environment);

  const std::vector<EpisodeStates>& episodes() const { return episodes_; }

 private:
  std::vector<EpisodeStates> episodes_;
};

}  // namespace rl

#endif  // RL_RENDER_EPISODE_STATES_H_
