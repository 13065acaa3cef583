// The cheetah's model: dm_control's file, the ground as long as the task has it.
#ifndef RL_ENV_TASKS_CHEETAH_MODEL_H_
#define RL_ENV_TASKS_CHEETAH_MODEL_H_

#include "rl/env/model_builder.h"

#include <filesystem>

namespace rl {

// dm_control's own ground has half the length of the ground of exorl's run_backward. It is a plane,
// which MuJoCo collides with without end, so the length is only what is drawn.
ModelPtr BuildCheetah(const std::filesystem::path& assets, const ModelOptions& options);
ModelPtr BuildCheetahOnLongGround(const std::filesystem::path& assets, const ModelOptions& options);

}  // namespace rl

#endif  // RL_ENV_TASKS_CHEETAH_MODEL_H_
