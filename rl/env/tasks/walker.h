// The planar walker: a torso on two legs of three links each, moving in a vertical plane.
//
// Four tasks share model, observation and initial states and differ in what they pay for moving:
// stand (nothing), walk (1 m/s), run (8 m/s), flip (turning about the horizontal axis).
#ifndef RL_ENV_TASKS_WALKER_H_
#define RL_ENV_TASKS_WALKER_H_

#include "rl/env/task.h"

#include <memory>

namespace rl {

std::unique_ptr<Task> MakeWalkerStand(const mjModel& model);
std::unique_ptr<Task> MakeWalkerWalk(const mjModel& model);
std::unique_ptr<Task> MakeWalkerRun(const mjModel& model);
std::unique_ptr<Task> MakeWalkerFlip(const mjModel& model);

}  // namespace rl

#endif  // RL_ENV_TASKS_WALKER_H_
