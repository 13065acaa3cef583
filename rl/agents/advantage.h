// How much better than usual a recorded step went on, and what that makes it count in a loss.
//
// Imitation learns every recorded action, those that failed too. Weighing each by the exponential
// of its advantage leans towards what worked out; it is the optimum of improving on the recorded
// behavior while staying within a divergence of it (MARWIL, NeurIPS 2018; AWR, arXiv 1910.00177;
// CRR, arXiv 2006.15134, which bounds weights by 20).
//
//   G  return-to-go that the step really obtained: rewards from it to the end of its episode
//   b  what G usually is there:
//        step     mean of G over the training episodes long enough to have a step of this index
//        linear   least squares over the training steps, of G on the normalised observation, the
//                 step's index and a constant
//   A  (G - b) / sigma, with sigma the root mean square of G - b over the training steps
//   w  exp(A / temperature), at most max_weight, and at least 1e-6 so that no batch is without
//   weight
//
// By hand, for step, temperature 1 and two episodes with the rewards 1 2 and 3 0:
//
//   G        3      2         3      0
//   b        3      1         3      1
//   G - b    0      1         0     -1          sigma = sqrt(2 / 4)
//   w        1  e^1.414       1  e^-1.414       4.113 and 0.243
//
// A loss divides by the sum of its weights, so that they count as if their mean in a batch were 1.
//
// Shapes: N steps of all episodes one after another, as EpisodeTensors::reward_N.
#ifndef RL_AGENTS_ADVANTAGE_H_
#define RL_AGENTS_ADVANTAGE_H_

#include "datasets/episode_tensors.h"
#include "rl/agents/agent_options.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace rl {

// (float64) Rewards from every step to the end of its episode.
at::Tensor ReturnsToGo(const datasets::EpisodeTensors& episodes);  // -> N

// (float32) The weight of every step, held-out episodes included; b and sigma are of the episodes
// `training` alone. REQUIRES: loss.advantage is not none.
at::Tensor AdvantageWeights(const datasets::EpisodeTensors& episodes,
                            std::span<const int64_t> training,
                            const LossOptions& loss);  // -> N

}  // namespace rl

#endif  // RL_AGENTS_ADVANTAGE_H_
