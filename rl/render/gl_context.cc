#include "rl/render/gl_context.h"

#include "rl/render/offscreen_backends.h"

#include <stdexcept>

namespace rl {
namespace {

constexpr char kInstallEgl[] = "apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri";
constexpr char kInstallOsMesa[] = "apt-get install libosmesa6";

std::runtime_error NoContext(const std::string& reasons, const std::string& install) {
  return std::runtime_error("no offscreen OpenGL here (" + reasons + "); " + install);
}

}  // namespace

GlBackend ParseGlBackend(std::string_view word) {
  if (word.empty()) return GlBackend::kAutomatic;
  if (word == "egl") return GlBackend::kEgl;
  if (word == "osmesa") return GlBackend::kOsMesa;
  throw std::invalid_argument("MUJOCO_GL is '" + std::string(word) +
                              "'; pictures are drawn without a window by 'egl' or 'osmesa': set "
                              "it to one of these or unset it");
}

std::unique_ptr<GlContext> MakeGlContext(GlBackend backend) {
  std::string egl_reason;
  if (backend != GlBackend::kOsMesa) {
    try {
      return MakeEglContext();
    } catch (const std::runtime_error& error) {
      egl_reason = std::string("EGL: ") + error.what();
    }
    if (backend == GlBackend::kEgl) throw NoContext(egl_reason, kInstallEgl);
  }
  try {
    std::unique_ptr<GlContext> context = MakeOsMesaContext();
    if (!egl_reason.empty()) context->description_ += ", because " + egl_reason;
    return context;
  } catch (const std::runtime_error& error) {
    const std::string reason = std::string("OSMesa: ") + error.what();
    if (backend == GlBackend::kOsMesa) throw NoContext(reason, kInstallOsMesa);
    throw NoContext(egl_reason + "; " + reason,
                    kInstallEgl + std::string(", or else ") + kInstallOsMesa);
  }
}

}  // namespace rl
