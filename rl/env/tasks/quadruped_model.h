// The quadruped's model: dm_control's file holds the furniture of all its tasks (walls, ball,
// target, hilly terrain, range finders); ExoRL's tasks are done on a bare floor.
#ifndef RL_ENV_TASKS_QUADRUPED_MODEL_H_
#define RL_ENV_TASKS_QUADRUPED_MODEL_H_

#include "rl/env/model_builder.h"

#include <filesystem>

namespace rl {

// A floor that reaches as far as the task's speed does in one episode: 10 m (walk, stand, jump) or
// 100 m (run) from the middle. It is a plane without end to MuJoCo; the size is only what is drawn.
ModelPtr BuildQuadruped(const std::filesystem::path& assets, const ModelOptions& options);
ModelPtr BuildQuadrupedOnWideFloor(const std::filesystem::path& assets,
                                   const ModelOptions& options);

}  // namespace rl

#endif  // RL_ENV_TASKS_QUADRUPED_MODEL_H_
