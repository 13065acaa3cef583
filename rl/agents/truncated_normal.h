// Actions of a policy with noise of fixed size: ExoRL's "truncated normal" (utils.py,
// TruncatedNormal).
//
//   action = Clamp(mean + clip(std * noise)),   noise ~ N(0, 1)
//
// The noise is cut to +-clip, which keeps a critic's target close to what the policy does, and the
// sum to just inside (-1, 1). The last cut passes gradients on as if it were not there: a mean at
// the border can still be pulled back. The density is that of the normal distribution itself, not
// of the truncated one.
//
// Shapes: B batch, A action.
#ifndef RL_AGENTS_TRUNCATED_NORMAL_H_
#define RL_AGENTS_TRUNCATED_NORMAL_H_

#include <ATen/core/Tensor.h>

namespace rl {

struct ActionNoise {
  double std = 0.2;
  double clip = 0.3;  // largest deviation from the mean; 0: any
};

// `noise_BA` are draws from N(0, 1). Differentiable with respect to the mean (gradient 1).
at::Tensor NoisyAction(const at::Tensor& mean_BA, const at::Tensor& noise_BA,
                       const ActionNoise& options);

// log N(action; mean, std^2), summed over the action's dimensions. -> [B]
at::Tensor LogDensity(const at::Tensor& action_BA, const at::Tensor& mean_BA, double std);

}  // namespace rl

#endif  // RL_AGENTS_TRUNCATED_NORMAL_H_
