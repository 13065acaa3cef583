// From dm_control's model files to compiled MuJoCo models.
//
// A model is parsed into a description (mjSpec), edited where a domain needs more than its file
// says, and compiled. Textures are most of a suite model (11.8 of 11.8 MB for walker, its sky) and
// physics never looks at them, so they are left out unless somebody wants to draw.
#ifndef RL_ENV_MODEL_BUILDER_H_
#define RL_ENV_MODEL_BUILDER_H_

#include "rl/env/mujoco_handles.h"

#include <filesystem>
#include <string>

namespace rl {

struct ModelOptions {
  bool keep_textures = false;  // a renderer needs them; costs 55 ms and 12 MB per model
};

// Reads the MJCF file at `path`; files it includes are looked up beside it.
// Throws std::invalid_argument naming the file when it is missing or does not parse.
SpecPtr ParseModel(const std::filesystem::path& path);

// Compiles a description, which loses its textures here unless they are to be kept. `name` is what
// messages call it. Throws std::invalid_argument with MuJoCo's reason when it does not compile.
ModelPtr CompileModel(mjSpec& spec, const ModelOptions& options, const std::string& name);

// The model of a file as it stands: ParseModel, then CompileModel.
ModelPtr BuildModel(const std::filesystem::path& path, const ModelOptions& options = {});

// Edits of a description by name. They throw std::logic_error for an element it lacks.
mjsElement* FindElement(mjSpec& spec, mjtObj type, const std::string& name);
void DeleteElement(mjSpec& spec, mjtObj type, const std::string& name);

}  // namespace rl

#endif  // RL_ENV_MODEL_BUILDER_H_
