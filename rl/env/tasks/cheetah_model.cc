#include "rl/env/tasks/cheetah_model.h"

namespace rl {
namespace {

constexpr char kFile[] = "suite/cheetah.xml";
constexpr double kLongGround = 200;  // half of its length, m; exorl, custom_dmc_tasks/cheetah.xml

}  // namespace

ModelPtr BuildCheetah(const std::filesystem::path& assets, const ModelOptions& options) {
  return BuildModel(assets / kFile, options);
}

ModelPtr BuildCheetahOnLongGround(const std::filesystem::path& assets,
                                  const ModelOptions& options) {
  const SpecPtr spec = ParseModel(assets / kFile);
  mjs_asGeom(FindElement(*spec, mjOBJ_GEOM, "ground"))->size[0] = kLongGround;
  return CompileModel(*spec, options, kFile);
}

}  // namespace rl
