#include "rl/env/tolerance.h"

#include <cmath>

namespace rl {
namespace {

// `distance` is positive and in units of the margin.
double Fall(double distance, Falloff falloff, double value_at_one) {
  switch (falloff) {
    case Falloff::kGaussian: {
      const double scaled = distance * std::sqrt(-2 * std::log(value_at_one));
      return std::exp(-0.5 * (scaled * scaled));
    }
    case Falloff::kLinear: {
      const double scaled = distance * (1 - value_at_one);
      return scaled < 1 ? 1 - scaled : 0.0;
    }
    case Falloff::kQuadratic: {
      const double scaled = distance * std::sqrt(1 - value_at_one);
      return scaled < 1 ? 1 - scaled * scaled : 0.0;
    }
  }
  return 0.0;
}

}  // namespace

double Tolerance(double x, Bounds bounds, const ToleranceOptions& options) {
  if (bounds.lower <= x && x <= bounds.upper) return 1.0;
  if (options.margin == 0) return 0.0;
  const double distance = (x < bounds.lower ? bounds.lower - x : x - bounds.upper) / options.margin;
  return Fall(distance, options.falloff, options.value_at_margin);
}

}  // namespace rl
