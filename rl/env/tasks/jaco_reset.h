// How an episode of the arm begins: fingers somewhere between open and closed, the hand pointing
// down at a random place over the table, nothing touching anything.
//
// Follows dm_control 1.0.50: entities/manipulators/kinova/jaco_hand.py, JacoHand.set_grasp;
// composer/initializers/tcp_initializer.py, ToolCenterPointInitializer; and
// entities/manipulators/base.py, RobotArm.set_site_to_xpos. The place is drawn anew where no arm
// position reaches it without a contact, so the places are not quite uniform.
#ifndef RL_ENV_TASKS_JACO_RESET_H_
#define RL_ENV_TASKS_JACO_RESET_H_

#include "rl/env/tasks/inverse_kinematics.h"

#include <array>
#include <vector>

namespace rl {

class Physics;
class Random;

// The box that the pinch site starts in, and how the hand is turned there: downwards.
inline constexpr std::array<double, 3> kJacoStartLower = {-0.2, -0.2, 0.02};  // m
inline constexpr std::array<double, 3> kJacoStartUpper = {0.2, 0.2, 0.4};     // m
inline constexpr std::array<double, 4> kJacoStartOrientation = {0, 0.70710678118, 0.70710678118, 0};

class JacoReset {
 public:
  explicit JacoReset(const mjModel& model);

  // Sets the positions; `physics` has just been reset. Throws std::runtime_error when ten places in
  // a row cannot be reached, which four thousand resets never did.
  void Run(Physics& physics, Random& random) const;

 private:
  struct ArmJoint {
    int dof = 0;          // index of velocity and, all joints being hinges, of position
    double lower, upper;  // limits, or a full turn where there are none
  };

  bool PlaceHand(const SiteGoal& goal, Physics& physics, Random& random) const;
  bool WrapAngles(Physics& physics) const;
  bool Touches(Physics& physics) const;

  std::vector<ArmJoint> arm_;
  std::vector<int> arm_dofs_, fingers_;
  int pinch_site_, hand_body_;
};

}  // namespace rl

#endif  // RL_ENV_TASKS_JACO_RESET_H_
