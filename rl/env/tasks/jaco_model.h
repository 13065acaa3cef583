// The Jaco arm with its three-fingered hand on a table, composed of dm_control's three files.
//
// No file holds the whole: dm_control's composer puts arena, arm and hand together in Python and
// adds actuators, sensors and markers on the way. The same is done here with MuJoCo's own model
// editing, to the same compiled model.
#ifndef RL_ENV_TASKS_JACO_MODEL_H_
#define RL_ENV_TASKS_JACO_MODEL_H_

#include "rl/env/model_builder.h"

#include <array>
#include <filesystem>

namespace rl {

inline constexpr std::array kJacoArmJoints = {"jaco_arm/joint_1", "jaco_arm/joint_2",
                                              "jaco_arm/joint_3", "jaco_arm/joint_4",
                                              "jaco_arm/joint_5", "jaco_arm/joint_6"};
inline constexpr std::array kJacoFingerJoints = {
    "jaco_arm/jaco_hand/finger_1", "jaco_arm/jaco_hand/finger_2", "jaco_arm/jaco_hand/finger_3"};
inline constexpr char kJacoHandBody[] = "jaco_arm/jaco_hand/hand";
inline constexpr char kJacoPinchSite[] = "jaco_arm/jaco_hand/pinchsite";  // between the fingertips
inline constexpr char kJacoTargetSite[] = "target_site";  // only drawn; tasks place it

// `assets` is the dm_control folder.
ModelPtr BuildJacoModel(const std::filesystem::path& assets, const ModelOptions& options);

}  // namespace rl

#endif  // RL_ENV_TASKS_JACO_MODEL_H_
