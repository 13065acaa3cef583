// A cart on a rail of 3.6 m with a pole hinged to it; one actuator pushes the cart.
//
// Balance and swing-up pay the same and differ in where the pole starts, up or down; the sparse
// variants pay 1 near the goal and nothing elsewhere.
#ifndef RL_ENV_TASKS_CARTPOLE_H_
#define RL_ENV_TASKS_CARTPOLE_H_

#include "rl/env/task.h"

#include <memory>

namespace rl {

std::unique_ptr<Task> MakeCartpoleBalance(const mjModel& model);
std::unique_ptr<Task> MakeCartpoleBalanceSparse(const mjModel& model);
std::unique_ptr<Task> MakeCartpoleSwingup(const mjModel& model);
std::unique_ptr<Task> MakeCartpoleSwingupSparse(const mjModel& model);

}  // namespace rl

#endif  // RL_ENV_TASKS_CARTPOLE_H_
