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

SpecPtr ParseModel(const std::filesystem::path& path) {
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
  return spec;
}

ModelPtr CompileModel(mjSpec& spec, const ModelOptions& options, const std::string& name) {
  if (!options.keep_textures) DropTextures(&spec);
  ModelPtr model(mj_compile(&spec, nullptr));
  if (!model) {
    throw std::invalid_argument("model file " + name + " does not compile: " + mjs_getError(&spec));
  }
  return model;
}

ModelPtr BuildModel(const std::filesystem::path& path, const ModelOptions& options) {
  const SpecPtr spec = ParseModel(path);
  return CompileModel(*spec, options, path.string());
}

mjsElement* FindElement(mjSpec& spec, mjtObj type, const std::string& name) {
  mjsElement* element = mjs_findElement(&spec, type, name.c_str());
  if (element == nullptr) {
    throw std::logic_error(std::string("the model description has no ") + mju_type2Str(type) +
                           " named " + name);
  }
  return element;
}

void DeleteElement(mjSpec& spec, mjtObj type, const std::string& name) {
  if (mjs_delete(&spec, FindElement(spec, type, name)) != 0) {
    throw std::logic_error("cannot delete " + name + ": " + mjs_getError(&spec));
  }
}

}  // namespace rl
