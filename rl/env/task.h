// What a task adds to a simulated mechanism: how an episode starts, what is seen, what is paid.
#ifndef RL_ENV_TASK_H_
#define RL_ENV_TASK_H_

#include <span>

// MuJoCo's model by its C name, so that whoever only lists or runs tasks needs no MuJoCo header.
typedef struct mjModel_ mjModel;

namespace rl {

class Physics;
class Random;

// How far a state is worked out, each stage on top of the one before. Positions, velocities,
// activations and control are the state itself and always there.
enum class Kinematics {
  kFrames,      // where bodies, geoms and sites are, and how they are turned
  kVelocities,  // velocities and momenta of bodies; position and velocity sensors
};

// A task holds no episode state, so one object serves every environment and thread.
class Task {
 public:
  virtual ~Task() = default;

  virtual int observation_dim() const = 0;

  // Puts what is only drawn of this task, a target, where it belongs in the domain's model. Touches
  // nothing that the physics feels.
  virtual void MarkTarget(mjModel& /*model*/) const {}

  // Chooses the initial positions and velocities. `physics` has just been reset, with everything
  // derived up to date; the caller brings it up to date again afterwards (UpdateUnactuated). May
  // simulate: time counts from 0 after it.
  virtual void InitializeEpisode(Physics& physics, Random& random) const = 0;

  // Writes observation_dim() numbers: what the policy sees of the present state. A domain whose
  // observation reads forces or accelerations says so in its header: those are up to date after
  // Physics::Step() and UpdateUnactuated(), not after UpdateKinematics().
  virtual void Observe(const Physics& physics, std::span<double> observation) const = 0;

  // The reward of having arrived in the present state under the present control, in [0, 1].
  // Reads nothing that depends on accelerations, so Physics::UpdateKinematics(kinematics())
  // suffices for it.
  virtual double Reward(const Physics& physics) const = 0;

  // How much of that the reward reads; less makes relabelling faster.
  virtual Kinematics kinematics() const { return Kinematics::kVelocities; }
};

}  // namespace rl

#endif  // RL_ENV_TASK_H_
