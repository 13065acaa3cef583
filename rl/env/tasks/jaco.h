// A six-jointed arm with a three-fingered hand over a table, every joint driven by a velocity
// servo.
//
// The four tasks pay for the place between the fingertips being at a point on the table, which the
// policy does not see: each task wants a policy of its own. Entries 12 to 17 of the observation are
// joint torques, which depend on the last physics step and not on the stored state alone; nothing
// paid depends on them.
#ifndef RL_ENV_TASKS_JACO_H_
#define RL_ENV_TASKS_JACO_H_

#include "rl/env/task.h"

#include <memory>

namespace rl {

std::unique_ptr<Task> MakeJacoReachTopLeft(const mjModel& model);
std::unique_ptr<Task> MakeJacoReachTopRight(const mjModel& model);
std::unique_ptr<Task> MakeJacoReachBottomLeft(const mjModel& model);
std::unique_ptr<Task> MakeJacoReachBottomRight(const mjModel& model);

}  // namespace rl

#endif  // RL_ENV_TASKS_JACO_H_
