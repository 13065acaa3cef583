#include "rl/env/tasks/jaco_reset.h"

#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "rl/env/tasks/jaco_model.h"

#include <algorithm>
#include <numbers>
#include <stdexcept>
#include <string>

namespace rl {
namespace {

constexpr double kFullTurn = 2 * std::numbers::pi;
constexpr int kMaxPlaces = 10;         // ToolCenterPointInitializer, max_rejection_samples
constexpr int kMaxSearches = 10;       // of joint positions for a place: its max_ik_attempts
constexpr double kRotationWeight = 2;  // set_site_to_xpos

}  // namespace

JacoReset::JacoReset(const mjModel& model)
    : pinch_site_(Physics::SiteId(model, kJacoPinchSite)),
      hand_body_(Physics::BodyId(model, kJacoHandBody)) {
  for (const char* name : kJacoArmJoints) {
    const int dof = Physics::VelocityAddress(model, name);
    const int joint = model.dof_jntid[dof];
    const bool limited = model.jnt_limited[joint] != 0;
    arm_.push_back({.dof = dof,
                    .lower = limited ? model.jnt_range[2 * joint] : 0.0,
                    .upper = limited ? model.jnt_range[2 * joint + 1] : kFullTurn});
    arm_dofs_.push_back(dof);
  }
  for (const char* name : kJacoFingerJoints) {
    fingers_.push_back(Physics::VelocityAddress(model, name));
  }
}

void JacoReset::Run(Physics& physics, Random& random) const {
  mjData& data = physics.mutable_data();
  const double closed = random.Uniform(0, 1);
  for (const int dof : fingers_) {
    const mjtNum* range = physics.model().jnt_range + 2 * physics.model().dof_jntid[dof];
    data.qpos[dof] = range[0] + (range[1] - range[0]) * closed;
  }
  const std::vector<mjtNum> initial(data.qpos, data.qpos + physics.model().nq);
  for (int place = 0; place < kMaxPlaces; ++place) {
    SiteGoal goal = {.site = pinch_site_, .orientation = kJacoStartOrientation};
    for (size_t axis = 0; axis < 3; ++axis) {
      goal.position[axis] = random.Uniform(kJacoStartLower[axis], kJacoStartUpper[axis]);
    }
    if (PlaceHand(goal, physics, random) && !Touches(physics)) return;
    std::copy(initial.begin(), initial.end(), data.qpos);
  }
  throw std::runtime_error("jaco: no position of the arm without contacts was found for " +
                           std::to_string(kMaxPlaces) +
                           " random places of the hand; reset with another seed");
}

// Searches from the present joint positions, then from random ones.
bool JacoReset::PlaceHand(const SiteGoal& goal, Physics& physics, Random& random) const {
  mjData& data = physics.mutable_data();
  for (int search = 0; search < kMaxSearches; ++search) {
    if (MoveSiteTo(goal, arm_dofs_, physics.model(), data, {.rotation_weight = kRotationWeight}) &&
        WrapAngles(physics)) {
      return true;
    }
    for (const ArmJoint& joint : arm_) {
      data.qpos[joint.dof] = random.Uniform(joint.lower, joint.upper);
    }
  }
  return false;
}

// Turns every joint by full turns into its range; false when one has no angle there.
bool JacoReset::WrapAngles(Physics& physics) const {
  for (const ArmJoint& joint : arm_) {
    double& angle = physics.mutable_data().qpos[joint.dof];
    while (angle >= joint.upper) angle -= kFullTurn;
    while (angle < joint.lower) angle += kFullTurn;
    if (angle > joint.upper) return false;
  }
  return true;
}

// Whether the robot touches the ground or itself. Fingers may touch fingers, or the palm.
bool JacoReset::Touches(Physics& physics) const {
  const mjModel& model = physics.model();
  mjData& data = physics.mutable_data();
  mj_fwdPosition(&model, &data);
  // The hand is the last of the robot, so its bodies are all from the palm's on.
  const auto in_hand = [&](int geom) { return model.geom_bodyid[geom] >= hand_body_; };
  for (int i = 0; i < data.ncon; ++i) {
    const mjContact& contact = data.contact[i];
    if (contact.dist <= 0 && !(in_hand(contact.geom[0]) && in_hand(contact.geom[1]))) return true;
  }
  return false;
}

}  // namespace rl
