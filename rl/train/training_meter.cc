#include "rl/train/training_meter.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string_view>

namespace rl {
namespace {

// Metrics that count something: a total says more than a mean.
constexpr std::string_view kTokens = "tokens";
constexpr std::string_view kSteps = "steps";

// A time, which belongs to the process.
constexpr std::string_view kWaiting = "exposed_communication";

bool IsCount(std::string_view name) { return name == kTokens || name == kSteps; }

// NaN, an empty cell, when nothing was timed.
double Rate(double count, double seconds) {
  return seconds > 0 ? count / seconds : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

void TrainingMeter::Add(const Metrics& update, double seconds) {
  for (const auto& [name, value] : update) {
    if (name == kTokens) timed_tokens_ += value;
    if (name == kWaiting) {
      timed_waiting_ += value;
      continue;
    }
    if (IsCount(name)) {
      totals_[name] += value;
      continue;
    }
    const std::string& key = name;
    auto sum = std::find_if(interval_.begin(), interval_.end(),
                            [&key](const Sum& candidate) { return candidate.name == key; });
    if (sum == interval_.end()) sum = interval_.insert(sum, {.name = name});
    sum->value += value;
    ++sum->updates;
  }
  ++timed_updates_;
  timed_seconds_ += seconds;
}

Metrics TrainingMeter::Row() {
  Metrics row;
  for (const Sum& sum : interval_) {
    row.emplace_back(sum.name, sum.value / static_cast<double>(sum.updates));
  }
  for (const auto& [name, total] : totals_) row.emplace_back(name, total);
  row.emplace_back("train_steps_per_second",
                   Rate(static_cast<double>(timed_updates_), timed_seconds_));
  row.emplace_back("tokens_per_second", Rate(timed_tokens_, timed_seconds_));
  row.emplace_back("peak_memory_mib", static_cast<double>(PeakMemoryBytes()) / (1 << 20));
  row.emplace_back(kWaiting, Rate(timed_waiting_, static_cast<double>(timed_updates_)));
  interval_.clear();
  timed_updates_ = 0;
  timed_seconds_ = timed_tokens_ = timed_waiting_ = 0;
  return row;
}

nlohmann::json TrainingMeter::Save() const {
  nlohmann::json sums = nlohmann::json::array();
  for (const Sum& sum : interval_) sums.push_back({sum.name, sum.value, sum.updates});
  return {{"interval", sums}, {"totals", totals_}};
}

void TrainingMeter::Load(const nlohmann::json& saved) {
  interval_.clear();
  for (const nlohmann::json& sum : saved.at("interval")) {
    // A sum that is not finite has become null on its way through JSON.
    const double value =
        sum.at(1).is_null() ? std::numeric_limits<double>::quiet_NaN() : sum.at(1).get<double>();
    interval_.push_back({.name = sum.at(0).get<std::string>(),
                         .value = value,
                         .updates = sum.at(2).get<int64_t>()});
  }
  totals_ = saved.at("totals").get<std::map<std::string, double>>();
}

int64_t PeakMemoryBytes() {
  std::ifstream status("/proc/self/status");
  std::string key;
  while (status >> key) {
    if (key == "VmHWM:") {
      int64_t kibibytes = 0;
      status >> kibibytes;
      return kibibytes * 1024;
    }
  }
  return 0;
}

}  // namespace rl
