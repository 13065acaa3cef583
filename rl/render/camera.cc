#include "rl/render/camera.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace rl {
namespace {

struct DomainCamera {
  std::string_view domain, camera;
};

constexpr DomainCamera kDomainCameras[] = {
    {"cartpole", "fixed"}, {"walker", "side"},           {"cheetah", "side"},
    {"quadruped", "x"},    {"point_mass_maze", "fixed"}, {"jaco", "free"},
};

std::string CameraName(const mjModel& model, int id) {
  const char* const name = mj_id2name(&model, mjOBJ_CAMERA, id);
  return name == nullptr ? "" : name;
}

std::string ListCameras(const mjModel& model) {
  std::string list;
  for (int id = 0; id < static_cast<int>(model.ncam); ++id) {
    const std::string name = CameraName(model, id);
    list += (id == 0 ? "" : ", ") + std::to_string(id) + (name.empty() ? "" : " '" + name + "'");
  }
  return list.empty() ? "none of its own" : list;
}

// The number that is the whole of `text`, else -1.
int NumberIn(const std::string& text) {
  int number = -1;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end ? number : -1;
}

}  // namespace

mjvCamera FindCamera(const mjModel& model, const std::string& choice) {
  mjvCamera camera;
  mjv_defaultFreeCamera(&model, &camera);
  int id = mj_name2id(&model, mjOBJ_CAMERA, choice.c_str());
  if (id < 0) {
    if (choice == "free") return camera;
    if (choice == "track") {
      camera.type = mjCAMERA_TRACKING;
      camera.trackbodyid = std::min(1, static_cast<int>(model.nbody) - 1);
      return camera;
    }
    id = NumberIn(choice);
  }
  if (id < 0 || id >= static_cast<int>(model.ncam)) {
    throw std::invalid_argument("no camera '" + choice + "'; the model has " + ListCameras(model) +
                                ", and there are 'free' and 'track'");
  }
  camera.type = mjCAMERA_FIXED;
  camera.fixedcamid = id;
  return camera;
}

std::string_view DefaultCamera(std::string_view domain) {
  const auto* const found = std::ranges::find(kDomainCameras, domain, &DomainCamera::domain);
  return found == std::end(kDomainCameras) ? "free" : found->camera;
}

}  // namespace rl
