#include "rl/env/tasks/point_mass_maze_model.h"

#include <algorithm>
#include <array>

namespace rl {
namespace {

// A wall through the middle that stands on the ground, `size` being its half-sizes before its z
// axis is turned to `normal`.
void AddWall(mjSpec& spec, const char* name, std::array<double, 3> size,
             std::array<double, 3> normal) {
  mjsGeom* wall = mjs_addGeom(mjs_findBody(&spec, "world"), mjs_getSpecDefault(&spec));
  mjs_setName(wall->element, name);
  wall->type = mjGEOM_BOX;
  wall->pos[2] = 0.02;
  std::copy_n(size.begin(), 3, wall->size);
  wall->alt.type = mjORIENTATION_ZAXIS;
  std::copy_n(normal.begin(), 3, wall->alt.zaxis);
  mjs_setString(wall->material, "decoration");
}

void AddTarget(mjSpec& spec) {
  mjsGeom* target = mjs_addGeom(mjs_findBody(&spec, "world"), mjs_getSpecDefault(&spec));
  mjs_setName(target->element, kMazeTargetGeom);
  target->type = mjGEOM_SPHERE;
  target->pos[2] = 0.01;
  target->size[0] = 0.015;
  target->contype = target->conaffinity = 0;
  mjs_setString(target->material, "target");
}

}  // namespace

ModelPtr BuildPointMassMazeModel(const std::filesystem::path& assets, const ModelOptions& options) {
  const SpecPtr spec = ParseModel(assets / "suite/point_mass.xml");
  spec->option.disableflags &= ~mjDSBL_CONTACT;       // walls are felt here
  DeleteElement(*spec, mjOBJ_GEOM, kMazeTargetGeom);  // it comes again, after the walls
  AddWall(*spec, "maze_y", {0.18, 0.02, 0.02}, {0, 1, 0});
  AddWall(*spec, "maze_x", {0.02, 0.18, 0.02}, {1, 0, 0});
  AddTarget(*spec);
  return CompileModel(*spec, options, "point_mass_maze");
}

}  // namespace rl
