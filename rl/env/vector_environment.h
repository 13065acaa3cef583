// Many environments of one task, stepped together on a fixed pool of threads.
//
// Each environment depends on its own seed and actions alone, so results do not depend on the
// number of threads. All arrays are row-major with one row per environment and belong to the
// caller; stepping allocates nothing.
//
// Letters: N environments, O observation, A action.
#ifndef RL_ENV_VECTOR_ENVIRONMENT_H_
#define RL_ENV_VECTOR_ENVIRONMENT_H_

#include "rl/env/environment.h"
#include "rl/env/physics_warnings.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rl {

class ThreadPool;

// What follows the step that ends an episode, marked by last[i] = 1. That step returns the reward
// of the terminal state in every mode.
enum class AutoReset {
  // Nothing: the environment waits for ResetOne or Reset. Its reward is 0, its observation stays
  // the terminal one and last stays 1.
  kNever,
  // As Gymnasium's NextStep and EnvPool: the step returns the terminal observation. The step after
  // it ignores this environment's action and starts the next episode: first observation, reward 0,
  // last 0.
  kNextStep,
  // As Gymnasium's SameStep: the step returns the first observation of the next episode; the
  // terminal one is in terminal_observation(i). No step is spent on a reset.
  kSameStep,
};

struct VectorEnvironmentOptions {
  std::string task;
  std::filesystem::path assets;  // the dm_control folder
  int num_environments = 1;
  // Threads that step, the caller's included. More than cores does not help; light tasks
  // (cartpole: 5 us a step) need 32 environments or more before a second thread pays.
  int num_threads = 1;
  AutoReset auto_reset = AutoReset::kNever;
};

// To be used by one thread at a time. Throws std::invalid_argument for counts below 1, and for
// arrays of another size than stated.
class VectorEnvironment {
 public:
  explicit VectorEnvironment(const VectorEnvironmentOptions& options);
  ~VectorEnvironment();

  const EnvironmentSpec& spec() const;
  int num_environments() const { return static_cast<int>(environments_.size()); }

  // Starts an episode everywhere, environment i from seeds[i]. observations: N x O.
  void Reset(std::span<const uint64_t> seeds, std::span<float> observations);

  // Starts an episode in one environment. observation: O.
  void ResetOne(int index, uint64_t seed, std::span<float> observation);

  // One control step everywhere. actions: N x A. last[i] becomes 1 when episode i is over (time
  // limit or divergence); AutoReset says what comes then.
  // Throws std::invalid_argument naming the place when an action that would be used is not finite:
  // no environment has moved then.
  void Step(std::span<const float> actions, std::span<float> observations, std::span<float> rewards,
            std::span<uint8_t> last);

  // What MuJoCo warned of in all of them so far.
  PhysicsWarnings warnings() const;

  // Of the latest step: 1 where it ended an episode because the simulation diverged. Under kNever
  // the mark stays until the environment is reset.
  std::span<const uint8_t> diverged() const { return diverged_; }

  // What environment `index` saw at the end of the episode it finished last; zeros before there was
  // one. After a divergence it means nothing.
  std::span<const float> terminal_observation(int index) const;

  // The seed of an automatic reset: episode k, counted from 0, since environment i was last reset
  // with seeds[i] starts from EpisodeSeed(seeds[i], k). Episode 0 has the seed itself.
  static uint64_t EpisodeSeed(uint64_t seed, uint64_t episode);

  Environment& environment(int index) { return environments_[static_cast<size_t>(index)]; }

 private:
  // Beside the environment itself.
  struct Slot {
    uint64_t seed = 0;
    uint64_t episode = 0;  // episodes since the seed was given, the present one not counted
    bool over = true;
  };

  void CheckActions(std::span<const float> actions) const;
  void StartNextEpisode(size_t index, std::span<float> observation);
  void StepOne(size_t index, std::span<const float> action, std::span<float> observation,
               float& reward, uint8_t& last);

  AutoReset auto_reset_;
  std::vector<Environment> environments_;
  std::vector<Slot> slots_;
  std::vector<uint8_t> diverged_;
  std::vector<float> terminal_observations_;  // N x O
  std::unique_ptr<ThreadPool> pool_;
};

}  // namespace rl

#endif  // RL_ENV_VECTOR_ENVIRONMENT_H_
