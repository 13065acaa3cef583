#include "rl/train/selection.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace rl {

void Validate(const SelectionOptions& options) {
  if (options.patience < 0) {
    throw std::invalid_argument("the patience must be a number of evaluations, or 0 for any, got " +
                                std::to_string(options.patience));
  }
  if (!(options.min_improvement >= 0)) {
    throw std::invalid_argument("the least improvement must not be negative, got " +
                                std::to_string(options.min_improvement));
  }
}

double Selection::Gain(double value, const std::optional<StepScore>& score) const {
  if (!score) return std::numeric_limits<double>::infinity();
  return options_.higher_is_better ? value - score->value : score->value - value;
}

bool Selection::Add(const StepScore& score) {
  newest_ = score;
  ++num_stale_;
  if (!std::isfinite(score.value)) return false;
  if (Gain(score.value, improvement_) > options_.min_improvement) {
    improvement_ = score;
    num_stale_ = 0;
  }
  const bool is_best = Gain(score.value, best_) > 0;
  if (is_best) best_ = score;
  return is_best;
}

}  // namespace rl
