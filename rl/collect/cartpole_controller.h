// A classical controller that swings a pole up and balances it, as well or as badly as asked.
//
// Far from upright it pumps energy (Astrom and Furuta): with the pole's energy E measured from
// resting upright, pushing the cart with acceleration k E w cos(angle) brings E to 0 from either
// side, w being the pole's angular velocity. Near upright a linear state feedback takes over.
//
// A controller of competence c acts by this law for a share c of the time; in the rest its
// attention lapses for a quarter of a second or so, and it pushes in one random direction. So
// competence 1 swings up and stays, 0 flails, and in between the pole is dropped now and then.
#ifndef RL_COLLECT_CARTPOLE_CONTROLLER_H_
#define RL_COLLECT_CARTPOLE_CONTROLLER_H_

#include "rl/env/random.h"

#include <cstdint>
#include <span>

namespace rl {

struct CartpoleControllerOptions {
  double competence = 1;    // share of the time spent in control, in [0, 1]
  double lapse_force = 1;   // largest action during a lapse, in [0, 1]
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
  int lapse_steps_ = 0;  // left of the present lapse
  double lapse_action_ = 0;
};

// The law itself, without noise or lapses. In [-1, 1].
double CartpoleControl(std::span<const float> observation);

}  // namespace rl

#endif  // RL_COLLECT_CARTPOLE_CONTROLLER_H_
