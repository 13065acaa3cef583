// The mechanisms of a vector environment and nothing else of it: what remains of a control step
// when nobody looks and nobody pays. Its speed is the floor under every step rate, and its states
// are those that random play reaches.
#ifndef RL_ENV_PHYSICS_BATCH_H_
#define RL_ENV_PHYSICS_BATCH_H_

#include "rl/env/environment.h"
#include "rl/env/vector_environment.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace rl {

class ThreadPool;

// To be used by one thread at a time. Letters: N environments, A action, P physics state.
class PhysicsBatch {
 public:
  // Takes task, assets and the two counts of `options`.
  explicit PhysicsBatch(const VectorEnvironmentOptions& options);
  ~PhysicsBatch();

  const EnvironmentSpec& spec() const { return shared_.spec; }

  // Puts every mechanism where the task starts an episode, the i-th from seed first_seed + i.
  void Reset(uint64_t first_seed);

  // One control step of all. actions: N x A, finite.
  void Step(std::span<const float> actions);

  // qpos, qvel and act of all. states: N x P.
  void GetStates(std::span<double> states) const;

 private:
  SharedTask shared_;
  std::vector<Environment> environments_;
  std::vector<double> controls_;  // N x A
  std::unique_ptr<ThreadPool> pool_;
};

}  // namespace rl

#endif  // RL_ENV_PHYSICS_BATCH_H_
