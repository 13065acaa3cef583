// The arithmetic of a chart's axis: where a value lies, and which round values get a tick.
#ifndef EXPERIMENTS_REPORT_AXIS_H_
#define EXPERIMENTS_REPORT_AXIS_H_

#include <string>
#include <vector>

namespace experiments {

class Axis {
 public:
  // An axis that covers [low, high], widened to round ticks, about `num_ticks` of them. A range of
  // no length gets one around it. With `log`, ticks are powers of ten, or 1, 2 and 5 times them.
  // REQUIRES: finite, low <= high, and 0 < low with `log`.
  static Axis Covering(double low, double high, int num_ticks, bool log);

  // An axis that ends exactly at low and high and has a tick at every whole number between, or at
  // round ones where these are too many.
  static Axis Whole(double low, double high, int num_ticks);

  // 0 at the low end, 1 at the high end.
  double Position(double value) const;

  const std::vector<double>& ticks() const { return ticks_; }
  double low() const { return low_; }
  double high() const { return high_; }

 private:
  Axis(double low, double high, bool log, std::vector<double> ticks);

  double low_;
  double high_;
  bool log_;
  std::vector<double> ticks_;
};

// The least of 1, 2, 2.5 and 5 times a power of ten with at most `num_ticks` steps in `length`.
double RoundStep(double length, int num_ticks);

// "0", "0.05", "1500", "20k", "1e-05": short, and the same for equal values.
std::string TickLabel(double value);

}  // namespace experiments

#endif  // EXPERIMENTS_REPORT_AXIS_H_
