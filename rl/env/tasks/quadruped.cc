#include "rl/env/tasks/quadruped.h"

#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "rl/env/tolerance.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

// dm_control 1.0.50, suite/quadruped.py; stand and jump: exorl a3fb07a,
// custom_dmc_tasks/quadruped.py.
constexpr double kWalkSpeed = 0.5;      // m/s
constexpr double kRunSpeed = 5.0;       // m/s
constexpr double kJumpHeight = 1.0;     // of the centre of mass, m
constexpr double kHeightStep = 0.01;    // m
constexpr double kHighestStart = 10.0;  // m, far above any pose that touches the floor

// The torso's free joint comes first: 7 positions, 6 velocities; all others are hinges.
constexpr int kRootPositions = 7, kRootVelocities = 6;

enum class Goal { kSpeed, kHeight, kNone };

// Where the readings of all sensors of these types begin, in the order of the model's sensors; each
// has three numbers.
std::vector<int> SensorAddresses(const mjModel& model, mjtSensor type, mjtSensor other_type) {
  std::vector<int> addresses;
  for (int sensor = 0; sensor < static_cast<int>(model.nsensor); ++sensor) {
    if (model.sensor_type[sensor] == type || model.sensor_type[sensor] == other_type) {
      addresses.push_back(model.sensor_adr[sensor]);
    }
  }
  return addresses;
}

class Quadruped final : public Task {
 public:
  // `target` is the speed (kSpeed) or the height (kHeight) that is paid in full.
  Quadruped(const mjModel& model, Goal goal, double target)
      : torso_(Physics::BodyId(model, "torso")),
        velocimeter_(Physics::SensorAddress(model, "velocimeter")),
        center_of_mass_(Physics::SensorAddress(model, "center_of_mass")),
        imu_(SensorAddresses(model, mjSENS_ACCELEROMETER, mjSENS_GYRO)),
        feet_(SensorAddresses(model, mjSENS_FORCE, mjSENS_TORQUE)),
        num_joint_values_(static_cast<int>(model.nq) - kRootPositions + static_cast<int>(model.nv) -
                          kRootVelocities + static_cast<int>(model.na)),
        goal_(goal),
        target_(target) {}

  int observation_dim() const override {
    return num_joint_values_ + 3 + 1 + 3 * static_cast<int>(imu_.size() + feet_.size());
  }

  void InitializeEpisode(Physics& physics, Random& random) const override;
  void Observe(const Physics& physics, std::span<double> observation) const override;
  double Reward(const Physics& physics) const override;

 private:
  int torso_, velocimeter_, center_of_mass_;
  std::vector<int> imu_, feet_;
  int num_joint_values_;
  Goal goal_;
  double target_;
};

// Follows Move.initialize_episode: any orientation is as likely as any other.
void Quadruped::InitializeEpisode(Physics& physics, Random& random) const {
  std::array<double, 4> orientation;
  double squares = 0;
  for (double& component : orientation) {
    component = random.Normal();
    squares += component * component;
  }
  for (double& component : orientation) component /= std::sqrt(squares);
  PlaceQuadruped(physics, orientation);
}

// Follows _common_observations: egocentric state (hinge positions, hinge velocities, activations),
// torso velocity in its own frame, upright, imu (accelerometer, gyro), forces then torques at the
// four toes through asinh.
void Quadruped::Observe(const Physics& physics, std::span<double> observation) const {
  auto out = observation.begin();
  const auto hinges = physics.positions().subspan(kRootPositions);
  out = std::copy(hinges.begin(), hinges.end(), out);
  const auto hinge_velocities = physics.velocities().subspan(kRootVelocities);
  out = std::copy(hinge_velocities.begin(), hinge_velocities.end(), out);
  out = std::copy(physics.activations().begin(), physics.activations().end(), out);
  for (const Axis axis : {kX, kY, kZ}) *out++ = physics.Sensor(velocimeter_, axis);
  *out++ = physics.BodyDirection(torso_, kZ, kZ);
  for (const int sensor : imu_) {
    for (const Axis axis : {kX, kY, kZ}) *out++ = physics.Sensor(sensor, axis);
  }
  for (const int sensor : feet_) {
    for (const Axis axis : {kX, kY, kZ}) *out++ = std::asinh(physics.Sensor(sensor, axis));
  }
}

// reward = upright * goal
//   upright  1 when the torso's z axis points up, 0 when down (linear in its cosine);
//            _upright_reward
//   speed    1 at or above the target speed along the torso's own x axis, 0.5 at rest, 0 at the
//            target speed backward (linear); Move.get_reward
//   height   1 with the centre of mass at or above the target, 0.5 at the floor (linear);
//            exorl's Jump.get_reward
//   none     1; exorl's Stand.get_reward
double Quadruped::Reward(const Physics& physics) const {
  const double upright =
      Tolerance(physics.BodyDirection(torso_, kZ, kZ), {1, kUnbounded},
                {.margin = 2, .falloff = Falloff::kLinear, .value_at_margin = 0});
  if (goal_ == Goal::kNone) return upright;
  const double reached = goal_ == Goal::kSpeed ? physics.Sensor(velocimeter_, kX)
                                               : physics.Sensor(center_of_mass_, kZ);
  return upright *
         Tolerance(reached, {target_, kUnbounded},
                   {.margin = target_, .falloff = Falloff::kLinear, .value_at_margin = 0.5});
}

}  // namespace

// Follows dm_control's _find_non_contacting_height, which starts in the floor and climbs.
void PlaceQuadruped(Physics& physics, const std::array<double, 4>& orientation) {
  std::copy(orientation.begin(), orientation.end(), physics.mutable_positions().begin() + 3);
  for (double height = 0; height < kHighestStart; height += kHeightStep) {
    physics.mutable_positions()[2] = height;
    mj_fwdPosition(&physics.model(), &physics.mutable_data());
    if (physics.data().ncon == 0) return;
  }
  throw std::logic_error("the quadruped touches something at every height");
}

std::unique_ptr<Task> MakeQuadrupedWalk(const mjModel& model) {
  return std::make_unique<Quadruped>(model, Goal::kSpeed, kWalkSpeed);
}

std::unique_ptr<Task> MakeQuadrupedRun(const mjModel& model) {
  return std::make_unique<Quadruped>(model, Goal::kSpeed, kRunSpeed);
}

std::unique_ptr<Task> MakeQuadrupedStand(const mjModel& model) {
  return std::make_unique<Quadruped>(model, Goal::kNone, 0);
}

std::unique_ptr<Task> MakeQuadrupedJump(const mjModel& model) {
  return std::make_unique<Quadruped>(model, Goal::kHeight, kJumpHeight);
}

}  // namespace rl
