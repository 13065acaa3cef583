#include "rl/render/camera.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace rl {
namespace {

struct DomainCamera {
  std::string_view domain;
  const char* camera;
};

constexpr std::array kDomainCameras{
    DomainCamera{"cartpole", "fixed"},        DomainCamera{"walker", "side"},
    DomainCamera{"cheetah", "side"},          DomainCamera{"quadruped", "y"},
    DomainCamera{"point_mass_maze", "fixed"},
};

// jaco's own camera looks at the hand and cuts the arm off: stand farther back, and lower.
void ShowWholeArm(mjvCamera& camera) {
  constexpr double kMiddle[] = {0, 0.2, 0.33};
  std::copy_n(kMiddle, 3, camera.lookat);
  camera.distance = 1.4;
  camera.azimuth = 120;
  camera.elevation = -20;
}

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

mjvCamera DefaultCamera(const mjModel& model, std::string_view domain) {
  const auto* const found = std::ranges::find(kDomainCameras, domain, &DomainCamera::domain);
  mjvCamera camera = FindCamera(model, found == kDomainCameras.end() ? "free" : found->camera);
  if (domain == "jaco") ShowWholeArm(camera);
  return camera;
}

}  // namespace rl
