// Recorded rollouts, and the same rollouts simulated again.
//
// Actions and initial states that somebody else's simulator recorded are replayed with ours; what
// comes out has the same shape as what went in, so that the two are compared value by value. This
// is how our physics is held to dm_control's.
//
// Letters: E episodes, S control steps, O observation, A action, P physics state (qpos, qvel,
// act), I MuJoCo's integration state.
#ifndef RL_ENV_ROLLOUTS_H_
#define RL_ENV_ROLLOUTS_H_

#include "rl/env/environment.h"
#include "rl/env/physics_warnings.h"

#include <cstdint>
#include <vector>

namespace rl {

// Row 0 of a time axis is the state right after the reset. An array may be empty: not recorded.
struct Rollouts {
  int64_t num_episodes = 0;
  int64_t num_steps = 0;
  std::vector<double> actions = {};             // (E, S, A) in [-1, 1]; used as float32
  std::vector<double> integration_states = {};  // (E, I) at row 0
  std::vector<double> physics = {};             // (E, S+1, P)
  std::vector<double> observations = {};        // (E, S+1, O)
  std::vector<double> rewards = {};             // (E, S+1), row 0 is 0
};

struct ReplayResult {
  Rollouts rollouts;
  // Per episode: the step in which the simulation blew up, or -1. From the row it led to on, that
  // episode is NaN.
  std::vector<int64_t> diverged_steps;
  PhysicsWarnings warnings = {};  // of all episodes together
};

// Simulates `recorded.actions` from the recorded initial states: the integration state where there
// is one (exact, warm start included), else row 0 of `physics` on a freshly reset simulation.
// REQUIRES: actions, and one of the two initial states, of the sizes stated.
ReplayResult Replay(const SharedTask& shared, const Rollouts& recorded);

// The largest differences within one episode. A NaN on one side only counts as infinitely far.
struct RolloutDifference {
  double max_abs_observation = 0;
  double max_abs_reward = 0;
  double max_abs_physics = 0;
  int64_t num_different_physics = 0;  // values that are not equal

  bool operator==(const RolloutDifference&) const = default;
};

// REQUIRES: both have observations, rewards and physics of equal shape.
RolloutDifference Compare(const Rollouts& a, const Rollouts& b, int64_t episode);

}  // namespace rl

#endif  // RL_ENV_ROLLOUTS_H_
