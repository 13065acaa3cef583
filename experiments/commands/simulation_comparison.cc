#include "experiments/commands/simulation_comparison.h"

#include "experiments/json_result.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace experiments {
namespace {

constexpr double kTolerance = 1e-14;

// JSON has no infinity; a difference that is infinite or NaN becomes null.
nlohmann::json Finite(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

nlohmann::json Row(const rl::RolloutDifference& difference) {
  return {{"max_abs_observation", Finite(difference.max_abs_observation)},
          {"max_abs_reward", Finite(difference.max_abs_reward)},
          {"max_abs_state", Finite(difference.max_abs_physics)},
          {"different_states", difference.num_different_physics},
          {"equal", IsEqual(difference)}};
}

void PrintVerdict(std::FILE* table, bool equal) {
  std::fprintf(table, "%s\n", equal ? "equal: states bit for bit, the rest to 1e-14" : "DIFFERENT");
}

}  // namespace

bool IsEqual(const rl::RolloutDifference& difference) {
  return difference.num_different_physics == 0 && difference.max_abs_observation <= kTolerance &&
         difference.max_abs_reward <= kTolerance;
}

std::vector<rl::RolloutDifference> CompareEpisodes(const rl::Rollouts& recorded,
                                                   const rl::Rollouts& simulated) {
  std::vector<rl::RolloutDifference> episodes;
  for (int64_t episode = 0; episode < recorded.num_episodes; ++episode) {
    episodes.push_back(rl::Compare(recorded, simulated, episode));
  }
  return episodes;
}

rl::RolloutDifference Worst(const std::vector<rl::RolloutDifference>& episodes) {
  rl::RolloutDifference worst;
  for (const rl::RolloutDifference& episode : episodes) {
    worst.max_abs_observation = std::max(worst.max_abs_observation, episode.max_abs_observation);
    worst.max_abs_reward = std::max(worst.max_abs_reward, episode.max_abs_reward);
    worst.max_abs_physics = std::max(worst.max_abs_physics, episode.max_abs_physics);
    worst.num_different_physics += episode.num_different_physics;
  }
  return worst;
}

bool ReportEpisodes(const std::string& task, const std::vector<rl::RolloutDifference>& episodes,
                    const std::string& json) {
  nlohmann::json result = ResultEnvelope("simulate --compare");
  result["task"] = task;
  std::FILE* table = TableStream(json);
  std::fprintf(table, "%8s %20s %15s %14s %17s\n", "episode", "max_abs_observation",
               "max_abs_reward", "max_abs_state", "different_states");
  for (size_t episode = 0; episode < episodes.size(); ++episode) {
    const rl::RolloutDifference& difference = episodes[episode];
    std::fprintf(table, "%8zu %20.3g %15.3g %14.3g %17lld\n", episode,
                 difference.max_abs_observation, difference.max_abs_reward,
                 difference.max_abs_physics,
                 static_cast<long long>(difference.num_different_physics));
    nlohmann::json row = Row(difference);
    row["episode"] = episode;
    result["rows"].push_back(row);
  }
  const bool equal = std::all_of(episodes.begin(), episodes.end(), IsEqual);
  PrintVerdict(table, equal);
  WriteJson(result, json);
  return equal;
}

bool ReportTasks(const std::vector<TaskComparison>& tasks, const std::string& json) {
  nlohmann::json result = ResultEnvelope("simulate --compare");
  std::FILE* table = TableStream(json);
  std::fprintf(table, "%-34s %8s %6s %17s %20s %15s  %s\n", "task", "episodes", "steps",
               "different_states", "max_abs_observation", "max_abs_reward", "verdict");
  bool equal = true;
  for (const TaskComparison& task : tasks) {
    const bool task_equal = IsEqual(task.worst);
    equal = equal && task_equal;
    std::fprintf(table, "%-34s %8lld %6lld %17lld %20.3g %15.3g  %s\n", task.task.c_str(),
                 static_cast<long long>(task.num_episodes), static_cast<long long>(task.num_steps),
                 static_cast<long long>(task.worst.num_different_physics),
                 task.worst.max_abs_observation, task.worst.max_abs_reward,
                 task_equal ? "equal" : "DIFFERENT");
    nlohmann::json row = Row(task.worst);
    row["task"] = task.task;
    row["episodes"] = task.num_episodes;
    row["steps"] = task.num_steps;
    result["rows"].push_back(row);
  }
  PrintVerdict(table, equal);
  WriteJson(result, json);
  return equal;
}

}  // namespace experiments
