#include "rl/collect/cartpole_controller.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace rl {
namespace {

// The mechanism of dm_control's cartpole.xml, in kg, m, N.
constexpr double kPoleMass = 0.1;
constexpr double kTotalMass = 1.1;
constexpr double kPoleCenter = 0.5;      // hinge to center of mass
constexpr double kPoleInertia = 0.0344;  // about the hinge
constexpr double kGravity = 9.81;
constexpr double kFullForce = 10.0;  // at action 1

// Pumping, with a pull to the middle and a brake that keep the cart off the ends of its rail.
// Found by random search for the return of the whole law.
constexpr double kPumpGain = 33.0;
constexpr double kCenterGain = 0.8;
constexpr double kCenterDamping = 3.3;

// Balancing: the linear-quadratic regulator of the mechanism above linearised upright, sampled
// every 10 ms, with state weights (1, 4, 0.1, 0.1) and action weight 2.
constexpr double kCartGain = 0.663, kAngleGain = 5.612;
constexpr double kCartVelocityGain = 0.810, kAngularVelocityGain = 1.441;

// The feedback takes over when it would catch the pole: near upright and not too fast.
constexpr double kCatchAngle = 0.62;  // rad
constexpr double kCatchSpeed = 4.4;   // rad/s

}  // namespace

double CartpoleControl(std::span<const float> observation, double effort) {
  const double position = observation[0], cosine = observation[1], sine = observation[2];
  const double velocity = observation[3], angular_velocity = observation[4];
  const double angle = std::atan2(sine, cosine);  // 0 upright

  if (std::abs(angle) < kCatchAngle && std::abs(angular_velocity) < kCatchSpeed) {
    const double action = kCartGain * position + kAngleGain * angle + kCartVelocityGain * velocity +
                          kAngularVelocityGain * angular_velocity;
    return std::clamp(action, -1.0, 1.0);
  }
  const double energy = 0.5 * kPoleInertia * angular_velocity * angular_velocity +
                        kPoleMass * kGravity * kPoleCenter * (cosine - 1);
  const double acceleration = effort * kPumpGain * energy * angular_velocity * cosine -
                              kCenterGain * position - kCenterDamping * velocity;
  return std::clamp(kTotalMass * acceleration / kFullForce, -1.0, 1.0);
}

CartpoleController::CartpoleController(const CartpoleControllerOptions& options, uint64_t seed)
    : options_(options), random_(seed) {
  if (!(options.competence >= 0 && options.competence <= 1)) {
    throw std::invalid_argument("competence must be in [0, 1], not " +
                                std::to_string(options.competence));
  }
  if (!(options.action_noise >= 0)) {
    throw std::invalid_argument("action noise must be 0 or more, not " +
                                std::to_string(options.action_noise));
  }
}

float CartpoleController::Act(std::span<const float> observation) {
  double action = random_.Uniform(0, 1) < options_.competence
                      ? CartpoleControl(observation, options_.competence)
                      : random_.Uniform(-1, 1);
  action += options_.action_noise * random_.Normal();
  return static_cast<float>(std::clamp(action, -1.0, 1.0));
}

}  // namespace rl
