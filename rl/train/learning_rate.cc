#include "rl/train/learning_rate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string_view>

namespace rl {
namespace {

// Part of the schedule behind the warm-up that has passed.
double Progress(const LearningRateOptions& options, int64_t train_step) {
  const double progress = static_cast<double>(train_step - options.warmup_steps) /
                          static_cast<double>(options.schedule_steps - options.warmup_steps);
  return std::min(progress, 1.0);
}

// The schedules: the rate after the warm-up, as a share of the peak.
double Cosine(const LearningRateOptions& options, int64_t train_step) {
  const double height = (1 + std::cos(std::numbers::pi * Progress(options, train_step))) / 2;
  return options.floor_share + (1 - options.floor_share) * height;
}

double Linear(const LearningRateOptions& options, int64_t train_step) {
  return options.floor_share + (1 - options.floor_share) * (1 - Progress(options, train_step));
}

double Constant(const LearningRateOptions& /*options*/, int64_t /*train_step*/) { return 1; }

double InverseSquareRoot(const LearningRateOptions& options, int64_t train_step) {
  const auto warmup = static_cast<double>(std::max<int64_t>(options.warmup_steps, 1));
  return std::max(options.floor_share, std::sqrt(warmup / static_cast<double>(train_step + 1)));
}

struct Schedule {
  std::string_view name;
  double (*share)(const LearningRateOptions& options, int64_t train_step);
};

constexpr std::array kSchedules = {Schedule{"cosine", Cosine}, Schedule{"linear", Linear},
                                   Schedule{"constant", Constant},
                                   Schedule{"inverse_sqrt", InverseSquareRoot}};

const Schedule& FindSchedule(std::string_view name) {
  const auto* const found = std::ranges::find(kSchedules, name, &Schedule::name);
  if (found != kSchedules.end()) return *found;
  throw std::invalid_argument("there is no learning-rate schedule \"" + std::string(name) +
                              "\"; use cosine, linear, constant or inverse_sqrt");
}

}  // namespace

void Validate(const LearningRateOptions& options) {
  FindSchedule(options.schedule);
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
  return options.peak * FindSchedule(options.schedule).share(options, train_step);
}

}  // namespace rl
