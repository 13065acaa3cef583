#include "rl/env/tasks/walker.h"

#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "rl/env/tolerance.h"

#include <numbers>

namespace rl {
namespace {

// dm_control 1.0.50, suite/walker.py; flip: exorl a3fb07a, custom_dmc_tasks/walker.py.
constexpr double kStandHeight = 1.2;   // torso's centre, m
constexpr double kWalkSpeed = 1.0;     // m/s
constexpr double kRunSpeed = 8.0;      // m/s
constexpr double kSpinMomentum = 5.0;  // kg m^2/s about the lateral axis

enum class Movement { kNone, kForward, kSpin };

class Walker final : public Task {
 public:
  // `target` is the speed (kForward) or the angular momentum (kSpin) that is paid in full.
  Walker(const mjModel& model, Movement movement, double target)
      : torso_(Physics::BodyId(model, "torso")),
        num_bodies_(static_cast<int>(model.nbody)),
        num_velocities_(static_cast<int>(model.nv)),
        velocity_sensor_(Physics::SensorAddress(model, "torso_subtreelinvel")),
        movement_(movement),
        target_(target) {}

  int observation_dim() const override { return 2 * (num_bodies_ - 1) + 1 + num_velocities_; }

  void InitializeEpisode(Physics& physics, Random& random) const override;
  void Observe(const Physics& physics, std::span<double> observation) const override;
  double Reward(const Physics& physics) const override;

 private:
  double MoveReward(const Physics& physics) const;

  int torso_, num_bodies_, num_velocities_, velocity_sensor_;
  Movement movement_;
  double target_;
};

// Follows dm_control, suite/utils/randomizers.py, randomize_limited_and_rotational_joints: limited
// joints anywhere in their range, the torso at any angle; height, place and velocities stay.
void Walker::InitializeEpisode(Physics& physics, Random& random) const {
  const mjModel& model = physics.model();
  for (int joint = 0; joint < static_cast<int>(model.njnt); ++joint) {
    double& position = physics.mutable_positions()[static_cast<size_t>(model.jnt_qposadr[joint])];
    if (model.jnt_limited[joint]) {
      position = random.Uniform(model.jnt_range[2 * joint], model.jnt_range[2 * joint + 1]);
    } else if (model.jnt_type[joint] == mjJNT_HINGE) {
      position = random.Uniform(-std::numbers::pi, std::numbers::pi);
    }
  }
}

// Follows PlanarWalker.get_observation: orientations (each body's x axis in the plane: cosine and
// sine), height (torso), velocity (all joints).
void Walker::Observe(const Physics& physics, std::span<double> observation) const {
  auto out = observation.begin();
  for (int body = 1; body < num_bodies_; ++body) {
    *out++ = physics.BodyDirection(body, kX, kX);
    *out++ = physics.BodyDirection(body, kX, kZ);
  }
  *out++ = physics.BodyPosition(torso_, kZ);
  for (const double velocity : physics.velocities()) *out++ = velocity;
}

// Follows PlanarWalker.get_reward.
//   stand = (3 * standing + upright) / 4
//     standing  1 at torso height >= 1.2 m, 0.1 at 0.6 m (gaussian)
//     upright   1 when the torso's z axis points up, 0 when down
//   reward = stand, times (5 * move + 1) / 6 where the task is to move
double Walker::Reward(const Physics& physics) const {
  const double standing = Tolerance(physics.BodyPosition(torso_, kZ), {kStandHeight, kUnbounded},
                                    {.margin = kStandHeight / 2});
  const double upright = (1 + physics.BodyDirection(torso_, kZ, kZ)) / 2;
  const double stand = (3 * standing + upright) / 4;
  if (movement_ == Movement::kNone) return stand;
  return stand * (5 * MoveReward(physics) + 1) / 6;
}

//   forward  1 at or above the target speed of the centre of mass, 0.5 at half of it (linear);
//            PlanarWalker.get_reward
//   spin     1 at or above the target angular momentum, 0 at none (linear); exorl's walker.py,
//            PlanarWalker.get_reward with flip
double Walker::MoveReward(const Physics& physics) const {
  if (movement_ == Movement::kForward) {
    return Tolerance(physics.Sensor(velocity_sensor_, kX), {target_, kUnbounded},
                     {.margin = target_ / 2, .falloff = Falloff::kLinear, .value_at_margin = 0.5});
  }
  return Tolerance(physics.AngularMomentum(torso_, kY), {target_, kUnbounded},
                   {.margin = target_, .falloff = Falloff::kLinear, .value_at_margin = 0});
}

}  // namespace

std::unique_ptr<Task> MakeWalkerStand(const mjModel& model) {
  return std::make_unique<Walker>(model, Movement::kNone, 0.0);
}

std::unique_ptr<Task> MakeWalkerWalk(const mjModel& model) {
  return std::make_unique<Walker>(model, Movement::kForward, kWalkSpeed);
}

std::unique_ptr<Task> MakeWalkerRun(const mjModel& model) {
  return std::make_unique<Walker>(model, Movement::kForward, kRunSpeed);
}

std::unique_ptr<Task> MakeWalkerFlip(const mjModel& model) {
  return std::make_unique<Walker>(model, Movement::kSpin, kSpinMomentum);
}

}  // namespace rl
