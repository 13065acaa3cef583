// From dm_control's model files to compiled MuJoCo models.
//
// This is the only place that edits a model description (mjSpec). Textures are most of a suite
// model (11.8 of 11.8 MB for walker, its sky) and physics never looks at them, so they are left
// out unless somebody wants to draw.
#ifndef RL_ENV_MODEL_BUILDER_H_
#define RL_ENV_MODEL_BUILDER_H_

#include "rl/env/mujoco_handles.h"

#include <filesystem>

namespace rl {

struct ModelOptions {
  bool keep_textures = false;  // a renderer needs them; costs 55 ms and 12 MB per model
};

// Compiles the MJCF file at `path`; files it includes are looked up beside it.
// Throws std::invalid_argument naming the file when it is missing or does not parse.
ModelPtr BuildModel(const std::filesystem::path& path, const ModelOptions& options = {});

}  // namespace rl

#endif  // RL_ENV_MODEL_BUILDER_H_
