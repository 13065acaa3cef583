#include "rl/env/tasks/jaco.h"

#include "rl/env/physics.h"
#include "rl/env/tasks/jaco_model.h"
#include "rl/env/tasks/jaco_reset.h"
#include "rl/env/tolerance.h"

#include <mujoco/mujoco.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace rl {
namespace {

// exorl a3fb07a, custom_dmc_tasks/jaco.py.
using Point = std::array<double, 3>;  // m
constexpr Point kTopLeft = {-0.09, 0.09, 0.001};
constexpr Point kTopRight = {0.09, 0.09, 0.001};
constexpr Point kBottomLeft = {-0.09, -0.09, 0.001};
constexpr Point kBottomRight = {0.09, -0.09, 0.001};
constexpr double kTargetRadius = 0.05;  // m

class Jaco final : public Task {
 public:
  Jaco(const mjModel& model, const Point& target);

  int observation_dim() const override {
    return 4 * static_cast<int>(arm_.size()) + 2 * static_cast<int>(fingers_.size()) + 3 + 9;
  }

  void MarkTarget(mjModel& model) const override;
  void InitializeEpisode(Physics& physics, Random& random) const override {
    reset_.Run(physics, random);
  }
  void Observe(const Physics& physics, std::span<double> observation) const override;
  double Reward(const Physics& physics) const override;
  Kinematics kinematics() const override { return Kinematics::kFrames; }

 private:
  struct ArmJoint {
    size_t dof;         // index of position and velocity
    int torque_sensor;  // three components, in the frame of the link that the joint moves
  };

  std::vector<ArmJoint> arm_;
  std::vector<size_t> fingers_;
  int pinch_site_;
  Point target_;
  JacoReset reset_;
};

Jaco::Jaco(const mjModel& model, const Point& target)
    : pinch_site_(Physics::SiteId(model, kJacoPinchSite)), target_(target), reset_(model) {
  for (const char* joint : kJacoArmJoints) {
    arm_.push_back(
        {.dof = static_cast<size_t>(Physics::VelocityAddress(model, joint)),
         .torque_sensor = Physics::SensorAddress(model, std::string(joint) + "_torque")});
  }
  for (const char* joint : kJacoFingerJoints) {
    fingers_.push_back(static_cast<size_t>(Physics::VelocityAddress(model, joint)));
  }
}

void Jaco::MarkTarget(mjModel& model) const {
  const int site = Physics::SiteId(model, kJacoTargetSite);
  std::copy_n(target_.begin(), 3, model.site_pos + 3 * site);
  model.site_sameframe[site] = mjSAMEFRAME_NONE;  // the compiler saw it in the middle of the world
}

// Follows dm_control 1.0.50, entities/manipulators/kinova, in the order that composer gives the
// observables (alphabetical within arm and hand):
//   arm   joints_pos (sine and cosine of each), joints_torque (about the joint's axis; sign(x)
//         log(1 + |x|), manipulation/shared/observations.py), joints_vel
//   hand  joints_pos, joints_vel, pinch_site_pos, pinch_site_rmat (row by row)
void Jaco::Observe(const Physics& physics, std::span<double> observation) const {
  auto out = observation.begin();
  for (const ArmJoint& joint : arm_) {
    *out++ = std::sin(physics.positions()[joint.dof]);
    *out++ = std::cos(physics.positions()[joint.dof]);
  }
  for (const ArmJoint& joint : arm_) {
    const double torque = physics.Sensor(joint.torque_sensor, kZ);
    *out++ = std::copysign(std::log1p(std::abs(torque)), torque);
  }
  for (const ArmJoint& joint : arm_) *out++ = physics.velocities()[joint.dof];
  for (const size_t dof : fingers_) *out++ = physics.positions()[dof];
  for (const size_t dof : fingers_) *out++ = physics.velocities()[dof];
  out = std::copy_n(physics.data().site_xpos + 3 * pinch_site_, 3, out);
  std::copy_n(physics.data().site_xmat + 9 * pinch_site_, 9, out);
}

// Follows MultiTaskReach.get_reward: 1 with the pinch site within 5 cm of the target, 0.1 at 10 cm
// (gaussian). exorl rounds it to float32 before anybody sees it; so it is rounded here, and equal
// means equal.
double Jaco::Reward(const Physics& physics) const {
  const double reward =
      Tolerance(mju_dist3(physics.data().site_xpos + 3 * pinch_site_, target_.data()),
                {0, kTargetRadius}, {.margin = kTargetRadius});
  return static_cast<double>(static_cast<float>(reward));
}

}  // namespace

std::unique_ptr<Task> MakeJacoReachTopLeft(const mjModel& model) {
  return std::make_unique<Jaco>(model, kTopLeft);
}

std::unique_ptr<Task> MakeJacoReachTopRight(const mjModel& model) {
  return std::make_unique<Jaco>(model, kTopRight);
}

std::unique_ptr<Task> MakeJacoReachBottomLeft(const mjModel& model) {
  return std::make_unique<Jaco>(model, kBottomLeft);
}

std::unique_ptr<Task> MakeJacoReachBottomRight(const mjModel& model) {
  return std::make_unique<Jaco>(model, kBottomRight);
}

}  // namespace rl
