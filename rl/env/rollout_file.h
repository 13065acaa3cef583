// Rollouts in an .npz file, in the layout that dm_control's recordings have.
//
//   action             (E, S, A)    float64 or float32
//   integration_state0 (E, I)       float64, optional
//   qpos, qvel, act    (E, S+1, .)  float64; optional beside integration_state0, act also where
//                                   the model has no activations
//   obs64              (E, S+1, O)  float64, optional; obs32 is the same in float32, only written
//   reward             (E, S+1)     float64, optional
//
// Other arrays are left alone.
#ifndef RL_ENV_ROLLOUT_FILE_H_
#define RL_ENV_ROLLOUT_FILE_H_

#include "rl/env/rollouts.h"

#include <filesystem>

namespace rl {

// Throws std::invalid_argument naming file and array when a shape does not fit the task, an array
// that is needed is missing, or an action or initial state is not finite.
Rollouts ReadRollouts(const std::filesystem::path& path, const EnvironmentSpec& spec);

// Writes every array above that `rollouts` has; the file is complete or not there.
void WriteRollouts(const std::filesystem::path& path, const EnvironmentSpec& spec,
                   const Rollouts& rollouts);

}  // namespace rl

#endif  // RL_ENV_ROLLOUT_FILE_H_
