// Many environments of one task, stepped together on a fixed pool of threads.
//
// Each environment depends on its own seed and actions alone, so results do not depend on the
// number of threads. All arrays are row-major with one row per environment and belong to the
// caller; stepping allocates nothing.
#ifndef RL_ENV_VECTOR_ENVIRONMENT_H_
#define RL_ENV_VECTOR_ENVIRONMENT_H_

#include "rl/env/environment.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rl {

class ThreadPool;

struct VectorEnvironmentOptions {
  std::string task;
  std::filesystem::path assets;  // the dm_control folder
  int num_environments = 1;
  // Threads that step, the caller's included. More than cores does not help; light tasks
  // (cartpole: 5 us a step) need 32 environments or more before a second thread pays.
  int num_threads = 1;
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

  // One control step everywhere. last[i] becomes 1 when episode i is over (time limit or
  // divergence). An environment whose episode is over is left alone: its reward is 0, its
  // observation stays, last stays 1, until it is reset.
  // An exception of an environment (an action that is not finite) reaches the caller after the
  // others have stepped; the lowest index wins.
  void Step(std::span<const float> actions, std::span<float> observations, std::span<float> rewards,
            std::span<uint8_t> last);

  // 1 where the present episode ended because the simulation diverged.
  std::span<const uint8_t> diverged() const { return diverged_; }

  Environment& environment(int index) { return environments_[static_cast<size_t>(index)]; }

 private:
  std::vector<Environment> environments_;
  std::vector<uint8_t> over_, diverged_;
  std::unique_ptr<ThreadPool> pool_;
};

}  // namespace rl

#endif  // RL_ENV_VECTOR_ENVIRONMENT_H_
