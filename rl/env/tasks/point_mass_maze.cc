#include "rl/env/tasks/point_mass_maze.h"

#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "rl/env/tasks/point_mass_maze_model.h"
#include "rl/env/tolerance.h"

#include <mujoco/mujoco.h>

#include <algorithm>
#include <array>

namespace rl {
namespace {

// exorl a3fb07a, custom_dmc_tasks/point_mass_maze.py.
using Point = std::array<double, 3>;  // m
constexpr Point kTopLeft = {-0.15, 0.15, 0.01};
constexpr Point kTopRight = {0.15, 0.15, 0.01};
constexpr Point kBottomLeft = {-0.15, -0.15, 0.01};
constexpr Point kBottomRight = {0.15, -0.15, 0.01};
constexpr double kTargetRadius = 0.015;  // m

class PointMassMaze final : public Task {
 public:
  PointMassMaze(const mjModel& model, const Point& target)
      : mass_(Physics::GeomId(model, "pointmass")),
        num_positions_(static_cast<int>(model.nq)),
        num_velocities_(static_cast<int>(model.nv)),
        target_(target) {}

  int observation_dim() const override { return num_positions_ + num_velocities_; }

  void MarkTarget(mjModel& model) const override;
  void InitializeEpisode(Physics& physics, Random& random) const override;
  void Observe(const Physics& physics, std::span<double> observation) const override;
  double Reward(const Physics& physics) const override;
  Kinematics kinematics() const override { return Kinematics::kFrames; }

 private:
  int mass_, num_positions_, num_velocities_;
  Point target_;
};

void PointMassMaze::MarkTarget(mjModel& model) const {
  std::copy_n(target_.begin(), 3, model.geom_pos + 3 * Physics::GeomId(model, kMazeTargetGeom));
}

// Follows MultiTaskPointMassMaze.initialize_episode: anywhere in the outer quarter of the top left
// room, at rest. (exorl draws it from a generator that no seed reaches; here the seed decides.)
void PointMassMaze::InitializeEpisode(Physics& physics, Random& random) const {
  const auto positions = physics.mutable_positions();
  positions[0] = random.Uniform(-0.29, -0.15);
  positions[1] = random.Uniform(0.15, 0.29);
}

// Follows MultiTaskPointMassMaze.get_observation: position, velocity. The target is not seen.
void PointMassMaze::Observe(const Physics& physics, std::span<double> observation) const {
  auto out = observation.begin();
  for (const double position : physics.positions()) *out++ = position;
  for (const double velocity : physics.velocities()) *out++ = velocity;
}

// Follows MultiTaskPointMassMaze.get_reward: near * (mean(small) + 4) / 5
//   near   1 within 1.5 cm of the target, 0.1 at 3 cm (gaussian)
//   small  for each control: 1 at none, 0 at full control (quadratic)
double PointMassMaze::Reward(const Physics& physics) const {
  const double near = Tolerance(mju_dist3(physics.data().geom_xpos + 3 * mass_, target_.data()),
                                {0, kTargetRadius}, {.margin = kTargetRadius});
  double small = 0;
  for (const double control : physics.control()) {
    small +=
        Tolerance(control, {}, {.margin = 1, .falloff = Falloff::kQuadratic, .value_at_margin = 0});
  }
  return near * ((small / static_cast<double>(physics.control().size()) + 4) / 5);
}

}  // namespace

std::unique_ptr<Task> MakeMazeReachTopLeft(const mjModel& model) {
  return std::make_unique<PointMassMaze>(model, kTopLeft);
}

std::unique_ptr<Task> MakeMazeReachTopRight(const mjModel& model) {
  return std::make_unique<PointMassMaze>(model, kTopRight);
}

std::unique_ptr<Task> MakeMazeReachBottomLeft(const mjModel& model) {
  return std::make_unique<PointMassMaze>(model, kBottomLeft);
}

std::unique_ptr<Task> MakeMazeReachBottomRight(const mjModel& model) {
  return std::make_unique<PointMassMaze>(model, kBottomRight);
}

}  // namespace rl
