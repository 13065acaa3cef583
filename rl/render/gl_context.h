// An OpenGL context without a window, on machines with or without a GPU and a display.
//
// Two libraries can give one: EGL, which takes a GPU or Mesa's software renderer, and OSMesa, which
// is software only and several times slower. Neither is linked: they are loaded when a picture is
// asked for, so that everything else runs where they are missing.
#ifndef RL_RENDER_GL_CONTEXT_H_
#define RL_RENDER_GL_CONTEXT_H_

#include <memory>
#include <string>
#include <string_view>

namespace rl {

enum class GlBackend {
  kAutomatic,  // EGL, else OSMesa
  kEgl,
  kOsMesa,
};

// From the words MuJoCo's own tools know (the variable MUJOCO_GL): "egl", "osmesa", "" for
// automatic. Throws std::invalid_argument for any other.
GlBackend ParseGlBackend(std::string_view word);

// Current in the thread that made it, from then on; that thread alone may draw with it and destroy
// it. One at a time in a process, and all by the same backend: MuJoCo draws through the first
// OpenGL that it finds loaded.
class GlContext {
 public:
  virtual ~GlContext() = default;
  GlContext(const GlContext&) = delete;
  GlContext& operator=(const GlContext&) = delete;

  // Who draws, to be shown to the user: "EGL, llvmpipe (LLVM 15.0.6, 256 bits)". When the first
  // choice failed it says why.
  const std::string& description() const { return description_; }

 protected:
  GlContext() = default;

  std::string description_;

 private:
  friend std::unique_ptr<GlContext> MakeGlContext(GlBackend backend);
};

// Throws std::runtime_error that says what was tried and which packages to install.
std::unique_ptr<GlContext> MakeGlContext(GlBackend backend);

}  // namespace rl

#endif  // RL_RENDER_GL_CONTEXT_H_
