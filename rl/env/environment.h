// A task on a simulated mechanism, stepped by actions in [-1, 1].
//
// Inside everything is float64, as in MuJoCo; an observation is cast to float32 once, when it is
// handed out. The action is float32 and becomes a control by ExoRL's own float32 arithmetic.
#ifndef RL_ENV_ENVIRONMENT_H_
#define RL_ENV_ENVIRONMENT_H_

#include "rl/env/action_scaling.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rl {

class Physics;
class PhysicsModels;
class Task;

struct EnvironmentSpec {
  std::string task;
  int observation_dim = 0;
  int action_dim = 0;
  int physics_dim = 0;      // qpos, qvel, act
  int position_dim = 0;     // qpos alone
  int velocity_dim = 0;     // qvel alone
  int integration_dim = 0;  // MuJoCo's full integration state
  int episode_steps = 0;
  double control_timestep = 0;  // seconds between actions
};

// All that the environments of one task share. Read-only: copy it freely, use it from any thread.
struct SharedTask {
  EnvironmentSpec spec;
  std::shared_ptr<const PhysicsModels> models;
  std::shared_ptr<const Task> task;
  ActionScaling scaling;
};

// `assets` is the dm_control folder of the wheel, the one that holds suite/.
// Throws std::invalid_argument for a task that is not in the list or a model file that is missing.
SharedTask LoadTask(const std::string& task, const std::filesystem::path& assets);

struct StepResult {
  double reward = 0;
  bool last = false;      // the episode is over: time limit, or the simulation diverged
  bool diverged = false;  // the physics blew up: the reward is 0 and the state means nothing
};

// Not safe for use by two threads at once.
class Environment {
 public:
  explicit Environment(SharedTask shared);
  Environment(Environment&&) noexcept;
  Environment& operator=(Environment&&) noexcept;
  ~Environment();

  const EnvironmentSpec& spec() const { return shared_.spec; }

  // Starts an episode, which is a function of the seed alone.
  void Reset(uint64_t seed);

  // One control step. Throws std::invalid_argument when an action is not finite or has the wrong
  // length (nothing has happened then), std::logic_error when the episode is over.
  StepResult Step(std::span<const float> action);

  // The present observation, observation_dim numbers.
  void Observe(std::span<double> observation) const;
  void Observe(std::span<float> observation);

  // Reward of the present state and control; what the last Step() returned.
  double Reward() const;

  int step() const { return step_; }  // actions taken since Reset()
  Physics& physics() { return *physics_; }
  const Physics& physics() const { return *physics_; }

 private:
  SharedTask shared_;
  std::unique_ptr<Physics> physics_;
  std::vector<double> control_, observation_;
  int step_ = 0;
  bool running_ = false;
};

std::unique_ptr<Environment> MakeEnvironment(const std::string& task,
                                             const std::filesystem::path& assets);

}  // namespace rl

#endif  // RL_ENV_ENVIRONMENT_H_
