// Pictures of a task's mechanism in a given state.
//
// Environments simulate with models that have no textures. A renderer owns a twin of its task's
// model that has them, and simulation data into which it copies the state it is shown; nothing it
// does can reach an environment.
#ifndef RL_RENDER_RENDERER_H_
#define RL_RENDER_RENDERER_H_

#include "rl/render/frame.h"
#include "rl/render/gl_context.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace rl {

class Physics;

struct RendererOptions {
  int width = 640;  // pixels, each at least 16
  int height = 480;

  // As FindCamera() takes it; empty: the one that suits the domain.
  std::string camera = {};

  // On a software renderer these cost more than all the rest: walker at 640 x 480 draws 20 to 26
  // frames a second with both and four samples, 45 without shadows and reflections, 100 with no
  // samples either.
  bool shadows = true;
  bool reflections = true;
  int samples = 4;  // per pixel, against jagged edges; 0 or 1: one
};

// To be used and destroyed in the thread of its context, before the context.
class Renderer {
 public:
  // `assets` is the dm_control folder. Throws std::invalid_argument for an unknown task or camera
  // and a size out of range, std::runtime_error when MuJoCo cannot draw in this context.
  Renderer(const GlContext& context, const std::string& task, const std::filesystem::path& assets,
           const RendererOptions& options);
  ~Renderer();

  int width() const;
  int height() const;
  int state_dim() const;

  // Draws the mechanism in this state (qpos, qvel, act, as Physics::GetState) into a frame of the
  // renderer's size, resized if it has another. Throws std::invalid_argument for another length.
  void Draw(std::span<const double> physics_state, Frame& frame);
  void Draw(const Physics& physics, Frame& frame);

 private:
  struct Scene;
  std::unique_ptr<Scene> scene_;
};

}  // namespace rl

#endif  // RL_RENDER_RENDERER_H_
