// The quadruped: an ellipsoid torso on four legs of three actuated degrees of freedom each, moving
// freely in space.
//
// Four tasks that share observation and initial states: walk (0.5 m/s), run (5 m/s), stand (torso
// upright) and jump (centre of mass 1 m high). The observation reads accelerations and contact
// forces (elements 48-50 and 54-77), so it is complete only after Physics::Step() or
// UpdateUnactuated(), and stored physics does not give those elements back; rewards read positions
// and velocities alone.
#ifndef RL_ENV_TASKS_QUADRUPED_H_
#define RL_ENV_TASKS_QUADRUPED_H_

#include "rl/env/task.h"

#include <array>
#include <memory>

namespace rl {

std::unique_ptr<Task> MakeQuadrupedWalk(const mjModel& model);
std::unique_ptr<Task> MakeQuadrupedRun(const mjModel& model);
std::unique_ptr<Task> MakeQuadrupedStand(const mjModel& model);
std::unique_ptr<Task> MakeQuadrupedJump(const mjModel& model);

// Where an episode starts: legs straight, at rest, the torso turned by `orientation` (a unit
// quaternion) and just high enough, in steps of 1 cm, to touch nothing. `physics` must have been
// reset, and is to be brought up to date afterwards.
void PlaceQuadruped(Physics& physics, const std::array<double, 4>& orientation);

}  // namespace rl

#endif  // RL_ENV_TASKS_QUADRUPED_H_
