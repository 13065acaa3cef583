#include "rl/render/renderer.h"

#include "rl/env/model_builder.h"
#include "rl/env/mujoco_error.h"
#include "rl/env/physics.h"
#include "rl/env/tasks/task_list.h"
#include "rl/render/camera.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace rl {
namespace {

constexpr int kLeastSide = 16;
constexpr int kLargestSide = 8192;
constexpr int kMaxGeoms = 2000;  // of a scene; every domain has fewer than 100

ModelPtr LoadTextured(const TaskEntry& task, const std::filesystem::path& assets,
                      const RendererOptions& options) {
  for (const int side : {options.width, options.height}) {
    if (side < kLeastSide || side > kLargestSide) {
      throw std::invalid_argument("a picture of " + std::to_string(options.width) + " x " +
                                  std::to_string(options.height) + " pixels: each side must be " +
                                  std::to_string(kLeastSide) + " to " +
                                  std::to_string(kLargestSide));
    }
  }
  if (options.samples < 0) throw std::invalid_argument("samples per pixel cannot be negative");
  ModelPtr model = BuildTaskModel(task, assets, {.keep_textures = true});
  // Read by mjr_makeContext, once.
  model->vis.global.offwidth = options.width;
  model->vis.global.offheight = options.height;
  model->vis.quality.offsamples = options.samples;
  if (!options.shadows) model->vis.quality.shadowsize = 0;
  return model;
}

}  // namespace

// Everything of MuJoCo that drawing takes, released in reverse order.
struct Renderer::Scene {
  struct Geometry {
    explicit Geometry(const mjModel& model) {
      mjv_defaultScene(&scene);
      mjv_makeScene(&model, &scene, kMaxGeoms);
    }
    ~Geometry() { mjv_freeScene(&scene); }
    Geometry(const Geometry&) = delete;
    Geometry& operator=(const Geometry&) = delete;
    mjvScene scene;
  };

  struct Target {
    explicit Target(const mjModel& model) {
      mjr_defaultContext(&context);
      try {
        mjr_makeContext(&model, &context, mjFONTSCALE_100);
        mjr_setBuffer(mjFB_OFFSCREEN, &context);
        if (context.currentBuffer != mjFB_OFFSCREEN) {
          throw std::runtime_error("this OpenGL cannot draw into memory");
        }
      } catch (...) {
        mjr_freeContext(&context);
        throw;
      }
    }
    ~Target() { mjr_freeContext(&context); }
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;
    mjrContext context;
  };

  Scene(const TaskEntry& task, const std::filesystem::path& assets, const RendererOptions& options)
      : model(LoadTextured(task, assets, options)),
        data(mj_makeData(model.get())),
        camera(options.camera.empty() ? DefaultCamera(*model, task.domain->name)
                                      : FindCamera(*model, options.camera)),
        geometry(*model),
        target(*model),
        viewport{0, 0, options.width, options.height},
        bottom_up(Frame(options.width, options.height).pixels) {
    mjv_defaultOption(&visible);
    geometry.scene.flags[mjRND_SHADOW] = options.shadows;
    geometry.scene.flags[mjRND_REFLECTION] = options.reflections;
  }

  ModelPtr model;
  DataPtr data;
  mjvCamera camera;
  mjvOption visible;
  Geometry geometry;
  Target target;
  mjrRect viewport;
  std::vector<uint8_t> bottom_up;  // as OpenGL hands pixels out
};

Renderer::Renderer(const GlContext&, const std::string& task, const std::filesystem::path& assets,
                   const RendererOptions& options)
    : scene_(std::make_unique<Scene>(FindTaskEntry(task), assets, options)) {
  // The first picture that MuJoCo draws with shadows in a new context comes out dark.
  std::vector<double> state(static_cast<size_t>(state_dim()));
  std::copy_n(scene_->model->qpos0, scene_->model->nq, state.begin());
  Frame discarded;
  Draw(state, discarded);
}

Renderer::~Renderer() = default;

int Renderer::width() const { return scene_->viewport.width; }
int Renderer::height() const { return scene_->viewport.height; }

int Renderer::state_dim() const {
  const mjModel& model = *scene_->model;
  return static_cast<int>(model.nq + model.nv + model.na);
}

void Renderer::Draw(std::span<const double> physics_state, Frame& frame) {
  if (physics_state.size() != static_cast<size_t>(state_dim())) {
    throw std::invalid_argument("a physics state to draw has " +
                                std::to_string(physics_state.size()) + " elements, the model has " +
                                std::to_string(state_dim()));
  }
  Scene& scene = *scene_;
  const mjModel* const model = scene.model.get();
  mjData* const data = scene.data.get();
  mj_setState(model, data, physics_state.data(), mjSTATE_QPOS | mjSTATE_QVEL | mjSTATE_ACT);
  mj_fwdPosition(model, data);
  mjv_updateScene(model, data, &scene.visible, nullptr, &scene.camera, mjCAT_ALL,
                  &scene.geometry.scene);
  mjr_setBuffer(mjFB_OFFSCREEN, &scene.target.context);  // another renderer may have drawn since
  mjr_render(scene.viewport, &scene.geometry.scene, &scene.target.context);
  mjr_readPixels(scene.bottom_up.data(), nullptr, scene.viewport, &scene.target.context);
  if (frame.width != width() || frame.height != height()) frame = Frame(width(), height());
  for (int y = 0; y < frame.height; ++y) {
    const uint8_t* const row =
        scene.bottom_up.data() + static_cast<size_t>(frame.height - 1 - y) * frame.row_bytes();
    std::copy_n(row, frame.row_bytes(), frame.row(y));
  }
}

void Renderer::Draw(const Physics& physics, Frame& frame) {
  std::vector<double> state(static_cast<size_t>(physics.state_dim()));
  physics.GetState(state);
  Draw(state, frame);
}

}  // namespace rl
