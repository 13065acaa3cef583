#include "rl/train/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

namespace rl {

void Validate(const LearningRateOptions& options) {
  if (!(options.peak > 0)) {
    throw std::invalid_argument("the learning rate must be positive, got " +
                                std::to_string(options.peak));
  }
  if (!(options.floor_share >= 0 && options.floor_share <= 1)) {
    throw std::invalid_argument(
        "the learning rate's floor is a share of its peak, in [0, 1], got " +
        std::to_string(options.floor_share));
  }
  if (options.warmup_steps < 0 || options.schedule_steps <= options.warmup_steps) {
    throw std::invalid_argument("the learning-rate schedule (" +
                                std::to_string(options.schedule_steps) +
                                " steps) must be longer than its warm-up (" +
                                std::to_string(options.warmup_steps) + " steps)");
  }
}

double LearningRateAt(const LearningRateOptions& options, int64_t train_step) {
  if (train_step < options.warmup_steps) {
    return options.peak * static_cast<double>(train_step + 1) /
           static_cast<double>(options.warmup_steps);
  }
  const double progress = static_cast<double>(train_step - options.warmup_steps) /
                          static_cast<double>(options.schedule_steps - options.warmup_steps);
  const double cosine = (1 + std::cos(std::numbers::pi * std::min(progress, 1.0))) / 2;
  return options.peak * (options.floor_share + (1 - options.floor_share) * cosine);
}

}  // namespace rl
