// Joint positions that bring a site to a given pose, by damped least squares.
//
// Each step linearises: with J the site's Jacobian over the free joints and e the error of position
// and rotation, the joints move by the solution of (J'J + damping) dq = J'e. Far from the goal the
// damping keeps steps sane, near it there is none and the convergence is quadratic. More often than
// not the search ends in a local minimum; callers start it again from other joint positions.
//
// Follows dm_control 1.0.50, utils/inverse_kinematics.py, qpos_from_site_pose, whose constants are
// the defaults below.
#ifndef RL_ENV_TASKS_INVERSE_KINEMATICS_H_
#define RL_ENV_TASKS_INVERSE_KINEMATICS_H_

#include <array>
#include <span>

typedef struct mjModel_ mjModel;
typedef struct mjData_ mjData;

namespace rl {

// A pose in world coordinates, and the site that is to have it.
struct SiteGoal {
  int site = 0;
  std::array<double, 3> position = {};               // m
  std::array<double, 4> orientation = {1, 0, 0, 0};  // unit quaternion
};

// The error is the distance (m) plus rotation_weight times the angle (rad) to the goal.
struct InverseKinematicsOptions {
  double rotation_weight = 1;
  double tolerance = 1e-14;  // an error below this is success
  double damping = 3e-2;     // while the error is above damping_threshold, else none
  double damping_threshold = 0.1;
  double max_update = 2;             // longer steps are cut to this length (rad)
  double max_error_per_update = 20;  // steps this short for the error lead nowhere: give up
  int max_steps = 100;
};

// Moves the degrees of freedom `dofs`, starting from where data.qpos has them; true when the goal
// was reached. Joint limits and contacts are not looked at. Afterwards body and site poses belong
// to the joint positions that were found, and nothing else is up to date.
bool MoveSiteTo(const SiteGoal& goal, std::span<const int> dofs, const mjModel& model, mjData& data,
                const InverseKinematicsOptions& options = {});

}  // namespace rl

#endif  // RL_ENV_TASKS_INVERSE_KINEMATICS_H_
