// Actions of a policy that learns its own noise: tanh of a normal distribution.
//
//   x = mean + std * noise,   action = tanh(x),   noise ~ N(0, 1)
//   log density of the action = log N(x; mean, std^2) - log(1 - tanh(x)^2)
//
// The last term is computed as 2 (log 2 - x - softplus(-2 x)), which does not overflow.
//
// Shapes: `...` any leading dimensions, A action.
#ifndef RL_AGENTS_SQUASHED_NORMAL_H_
#define RL_AGENTS_SQUASHED_NORMAL_H_

#include "models/mlp_actor.h"

#include <ATen/core/Tensor.h>

namespace rl {

struct SquashedSample {
  at::Tensor action;       // [..., A]
  at::Tensor log_density;  // [..., A], of every dimension by itself
};

// Differentiable with respect to mean and deviation. `noise` are draws from N(0, 1), [..., A].
SquashedSample SampleSquashed(const models::Gaussian& gaussian, const at::Tensor& noise);

}  // namespace rl

#endif  // RL_AGENTS_SQUASHED_NORMAL_H_
