#include "experiments/report/axis.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace experiments {
namespace {

std::vector<double> LinearTicks(double low, double high, double step) {
  std::vector<double> ticks;
  // Multiples are computed, not summed, so that 0.3 is not 0.30000000000000004.
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i) {
    ticks.push_back(i * step);
  }
  return ticks;
}

std::vector<double> LogTicks(double low, double high) {
  const int first = static_cast<int>(std::floor(std::log10(low) + 1e-9));
  const int last = static_cast<int>(std::ceil(std::log10(high) - 1e-9));
  const bool few_decades = last - first <= 2;
  std::vector<double> ticks;
  for (int decade = first; decade <= last; ++decade) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor == 1.0 || few_decades) ticks.push_back(factor * std::pow(10.0, decade));
    }
  }
  // Keep the ticks inside the range and the one just outside on either side.
  while (ticks.size() > 2 && ticks[1] <= low) ticks.erase(ticks.begin());
  while (ticks.size() > 2 && ticks[ticks.size() - 2] >= high) ticks.pop_back();
  return ticks;
}

}  // namespace

Axis::Axis(double low, double high, bool log, std::vector<double> ticks)
    : low_(low), high_(high), log_(log), ticks_(std::move(ticks)) {}

Axis Axis::Covering(double low, double high, int num_ticks, bool log) {
  if (log) {
    const std::vector<double> ticks = LogTicks(low, std::max(high, 1.01 * low));
    return {ticks.front(), ticks.back(), true, ticks};
  }
  if (low == high) {
    const double around = low == 0 ? 1 : std::abs(low) / 10;
    low -= around;
    high += around;
  }
  const double step = RoundStep(high - low, num_ticks);
  low = std::floor(low / step + 1e-9) * step;
  high = std::ceil(high / step - 1e-9) * step;
  return {low, high, false, LinearTicks(low, high, step)};
}

Axis Axis::Whole(double low, double high, int num_ticks) {
  if (low == high) return {low - 0.5, high + 0.5, false, {low}};
  const double step = std::max(1.0, RoundStep(high - low, num_ticks));
  return {low, high, false, LinearTicks(low, high, step)};
}

double Axis::Position(double value) const {
  if (log_) return std::log(value / low_) / std::log(high_ / low_);
  return (value - low_) / (high_ - low_);
}

double RoundStep(double length, int num_ticks) {
  const double rough = length / num_ticks;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::string TickLabel(double value) {
  char text[32];
  if (std::abs(value) >= 10000) {
    std::snprintf(text, sizeof(text), "%gk", value / 1000);
  } else {
    std::snprintf(text, sizeof(text), "%.4g", value == 0 ? 0.0 : value);
  }
  return text;
}

}  // namespace experiments
