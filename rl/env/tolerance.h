// How close a quantity is to where a task wants it, in [0, 1].
//
// Follows dm_control 1.0.50, utils/rewards.py, tolerance and _sigmoids: 1 inside the bounds, and
// outside a smooth fall with the distance d to the nearer bound, in units of `margin`.
//   gaussian   exp(-(d s)^2 / 2),   s = sqrt(-2 ln v)
//   linear     max(0, 1 - d s),     s = 1 - v
//   quadratic  max(0, 1 - (d s)^2), s = sqrt(1 - v)
// where v is the value at d = 1.
#ifndef RL_ENV_TOLERANCE_H_
#define RL_ENV_TOLERANCE_H_

#include <limits>

namespace rl {

inline constexpr double kUnbounded = std::numeric_limits<double>::infinity();

struct Bounds {
  double lower = 0;
  double upper = 0;  // both included
};

enum class Falloff { kGaussian, kLinear, kQuadratic };

struct ToleranceOptions {
  double margin = 0;  // distance at which the value is `value_at_margin`; 0: a hard edge
  Falloff falloff = Falloff::kGaussian;
  double value_at_margin = 0.1;  // in (0, 1); for linear and quadratic also 0
};

double Tolerance(double x, Bounds bounds, const ToleranceOptions& options = {});

}  // namespace rl

#endif  // RL_ENV_TOLERANCE_H_
