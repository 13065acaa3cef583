#include "experiments/benchmarks/alternation.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace experiments {
namespace {

constexpr size_t kFewestRuns = 3;

}  // namespace

std::optional<Figure> Summarize(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return Figure{median, values.front(), values.back()};
}

void PutFigure(nlohmann::json& row, const std::string& key, const std::optional<Figure>& figure) {
  row[key] = row[key + "_min"] = row[key + "_max"] = nullptr;
  if (!figure) return;
  row[key] = figure->median;
  row[key + "_min"] = figure->min;
  row[key + "_max"] = figure->max;
}

void Alternation::Add(const std::string& system, Measure measure) {
  if (!values_.try_emplace(system).second) {
    throw std::logic_error("the system '" + system + "' was added twice");
  }
  systems_.push_back({system, std::move(measure)});
}

void Alternation::Run(int rounds) {
  for (int round = 0; round < rounds; ++round) {
    for (System& system : systems_) {
      if (!system.measure) continue;
      const std::optional<double> value = system.measure();
      if (value) {
        values_.at(system.name).push_back(*value);
      } else {
        system.measure = nullptr;
      }
    }
  }
}

std::optional<Figure> Alternation::Of(const std::string& system) const {
  return Summarize(values_.at(system));
}

double MedianTime(double seconds, const std::function<void()>& prepare,
                  const std::function<void()>& run) {
  std::vector<double> times;
  double total = 0;
  for (bool warm = false; times.size() < kFewestRuns || total < seconds; warm = true) {
    prepare();
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (!warm) continue;
    times.push_back(elapsed.count());
    total += elapsed.count();
  }
  return Summarize(times)->median;
}

}  // namespace experiments
