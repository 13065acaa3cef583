// The random numbers of environments: equal seeds give equal numbers on every machine.
//
// The standard library fixes std::mt19937_64 bit for bit but leaves its distributions to each
// implementation, so those are spelled out here.
#ifndef RL_ENV_RANDOM_H_
#define RL_ENV_RANDOM_H_

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

namespace rl {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // Uniform in [low, high).
  double Uniform(double low, double high) {
    constexpr double kUnit =
        1.0 / 9007199254740992.0;  // 2^-53: every double in [0, 1) of that grid
    return low + (high - low) * (static_cast<double>(engine_() >> 11) * kUnit);
  }

  // Standard normal (Box-Muller, one of the pair).
  double Normal() {
    const double radius = std::sqrt(-2 * std::log(1 - Uniform(0, 1)));  // 1 - u is never 0
    return radius * std::cos(Uniform(0, 2 * std::numbers::pi));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace rl

#endif  // RL_ENV_RANDOM_H_
