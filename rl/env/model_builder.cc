#include "rl/env/model_builder.h"

#include "rl/env/mujoco_error.h"

#include <stdexcept>
#include <string>

namespace rl {
namespace {

void DropTextures(mjSpec* spec) {
  for (mjsElement* element = mjs_firstElement(spec, mjOBJ_MATERIAL); element != nullptr;
       element = mjs_nextElement(spec, element)) {
    mjsMaterial* material = mjs_asMaterial(element);
    for (int role = 0; role < mjNTEXROLE; ++role) {
      mjs_setInStringVec(material->textures, role, "");
    }
  }
  for (mjsElement* element = mjs_firstElement(spec, mjOBJ_TEXTURE); element != nullptr;) {
    mjsElement* next = mjs_nextElement(spec, element);  // deleting ends the walk from `element`
    mjs_delete(spec, element);
    element = next;
  }
}

}  // namespace

ModelPtr BuildModel(const std::filesystem::path& path, const ModelOptions& options) {
  RouteMujocoMessages();
  if (!std::filesystem::is_regular_file(path)) {
    throw std::invalid_argument("model file " + path.string() +
                                " does not exist; the assets folder must be dm_control's own");
  }
  char error[1024] = "";
  SpecPtr spec(mj_parseXML(path.c_str(), nullptr, error, sizeof(error)));
  if (!spec) {
    throw std::invalid_argument("model file " + path.string() + " does not parse: " + error);
  }
  if (!options.keep_textures) DropTextures(spec.get());
  ModelPtr model(mj_compile(spec.get(), nullptr));
  if (!model) {
    throw std::invalid_argument("model file " + path.string() +
                                " does not compile: " + mjs_getError(spec.get()));
  }
  return model;
}

}  // namespace rl
