// The planar cheetah: a torso on a back and a front leg of three links each, in a vertical plane.
//
// Two tasks that differ in the direction that is paid: run (forward) and run_backward.
#ifndef RL_ENV_TASKS_CHEETAH_H_
#define RL_ENV_TASKS_CHEETAH_H_

#include "rl/env/task.h"

#include <memory>

namespace rl {

std::unique_ptr<Task> MakeCheetahRun(const mjModel& model);
std::unique_ptr<Task> MakeCheetahRunBackward(const mjModel& model);

}  // namespace rl

#endif  // RL_ENV_TASKS_CHEETAH_H_
