#include "rl/env/tasks/quadruped_model.h"

namespace rl {
namespace {

void DeleteRangeFinders(mjSpec& spec) {
  for (mjsElement* element = mjs_firstElement(&spec, mjOBJ_SENSOR); element != nullptr;) {
    mjsElement* next = mjs_nextElement(&spec, element);  // deleting ends the walk from `element`
    if (mjs_asSensor(element)->type == mjSENS_RANGEFINDER) mjs_delete(&spec, element);
    element = next;
  }
}

// Follows dm_control 1.0.50, suite/quadruped.py, make_model with a floor size and nothing else.
ModelPtr Build(const std::filesystem::path& assets, const ModelOptions& options,
               double floor_half_size) {
  const SpecPtr spec = ParseModel(assets / "suite/quadruped.xml");
  mjsGeom* floor = mjs_asGeom(FindElement(*spec, mjOBJ_GEOM, "floor"));
  floor->size[0] = floor->size[1] = floor_half_size;
  floor->size[2] = 0.5;  // spacing of the grid that is drawn
  for (const char* geom : {"wall_px", "wall_py", "wall_nx", "wall_ny", "terrain"}) {
    DeleteElement(*spec, mjOBJ_GEOM, geom);
  }
  DeleteElement(*spec, mjOBJ_BODY, "ball");
  DeleteElement(*spec, mjOBJ_SITE, "target");
  DeleteRangeFinders(*spec);
  return CompileModel(*spec, options, "suite/quadruped.xml, edited,");
}

}  // namespace

ModelPtr BuildQuadruped(const std::filesystem::path& assets, const ModelOptions& options) {
  return Build(assets, options, /*floor_half_size=*/10);
}

ModelPtr BuildQuadrupedOnWideFloor(const std::filesystem::path& assets,
                                   const ModelOptions& options) {
  return Build(assets, options, /*floor_half_size=*/100);
}

}  // namespace rl
