// Numerical tolerances of tests, scalable from outside.
//
// RINGRL_TOLERANCE_SCALE multiplies every tolerance: 0 makes each comparison fail and so shows the
// true residuals, 10 tells flakiness from bugs. Default 1.
#ifndef TESTS_SUPPORT_TOLERANCE_H_
#define TESTS_SUPPORT_TOLERANCE_H_

#include <cstdlib>

namespace tests {

inline double Tolerance(double tolerance) {
  const char* scale = std::getenv("RINGRL_TOLERANCE_SCALE");
  return scale == nullptr ? tolerance : tolerance * std::atof(scale);
}

}  // namespace tests

#endif  // TESTS_SUPPORT_TOLERANCE_H_
