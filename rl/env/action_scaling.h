// From a policy's action in [-1, 1] to the actuators' own range.
//
// ExoRL maps in float32 even where the range is [-1, 1] already, which moves a control by up to
// 6e-8. Golden trajectories and cartpole's control-dependent rewards are reproduced only by the
// same roundings: low + scale * (action + 1), scale = (high - low) / 2, all float32.
#ifndef RL_ENV_ACTION_SCALING_H_
#define RL_ENV_ACTION_SCALING_H_

#include <span>
#include <vector>

namespace rl {

struct ActionScaling {
  std::vector<float> low, scale;  // one per actuator

  // Writes the control as the simulator receives it. All three spans have action_dim elements.
  void Apply(std::span<const float> action, std::span<double> control) const {
    for (size_t i = 0; i < action.size(); ++i) {
      const float offset = action[i] + 1.0f;
      const float scaled = scale[i] * offset;
      control[i] = static_cast<double>(low[i] + scaled);
    }
  }
};

}  // namespace rl

#endif  // RL_ENV_ACTION_SCALING_H_
