// A classical controller that swings a pole up and balances it, as well or as badly as asked.
//
// Far from upright it pumps energy (Astrom and Furuta): with the pole's energy E measured from
// resting upright, pushing the cart with acceleration k E w cos(angle) brings E to 0 from either
// side, w being the pole's angular velocity. Near upright a linear state feedback takes over.
//
// A controller of competence c pumps with a share c of the effort, and a share 1 - c of its actions
// are slips: uniformly random, each for itself. So competence 1 swings up and stays, 0 flails, and
// in between the pole comes up late or is dropped. Slips that lasted would show in the previous
// action, and an imitator would learn to repeat itself instead of the law.
#ifndef RL_COLLECT_CARTPOLE_CONTROLLER_H_
#define RL_COLLECT_CARTPOLE_CONTROLLER_H_

#include "rl/env/random.h"

#include <cstdint>
#include <span>

namespace rl {

struct CartpoleControllerOptions {
  double competence = 1;    // effort in pumping and share of actions in control, in [0, 1]
  double action_noise = 0;  // standard deviation of the Gaussian added to each action
};

class CartpoleController {
 public:
  // Draws from `seed` alone. Throws std::invalid_argument for options out of range.
  CartpoleController(const CartpoleControllerOptions& options, uint64_t seed);

  // The next action, in [-1, 1], for an observation of any cartpole task: cart position, cosine
  // and sine of the pole's angle, cart velocity, angular velocity.
  float Act(std::span<const float> observation);

 private:
  CartpoleControllerOptions options_;
  Random random_;
};

// The law itself, without noise or slips; `effort` scales the pumping. In [-1, 1].
double CartpoleControl(std::span<const float> observation, double effort = 1);

}  // namespace rl

#endif  // RL_COLLECT_CARTPOLE_CONTROLLER_H_
