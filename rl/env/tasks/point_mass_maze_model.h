// The maze of ExoRL's point mass: dm_control's square arena, with a cross of two walls in the
// middle that leaves a gap at each of the four sides.
//
// The file that exorl keeps for it is in no package; this is dm_control's point mass changed to the
// same compiled model, which recordings of it witness.
#ifndef RL_ENV_TASKS_POINT_MASS_MAZE_MODEL_H_
#define RL_ENV_TASKS_POINT_MASS_MAZE_MODEL_H_

#include "rl/env/model_builder.h"

#include <filesystem>

namespace rl {

// Only drawn, nothing collides with it; tasks place it.
inline constexpr char kMazeTargetGeom[] = "target";

// `assets` is the dm_control folder.
ModelPtr BuildPointMassMazeModel(const std::filesystem::path& assets, const ModelOptions& options);

}  // namespace rl

#endif  // RL_ENV_TASKS_POINT_MASS_MAZE_MODEL_H_
