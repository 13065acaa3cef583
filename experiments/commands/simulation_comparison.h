// What `simulate --compare` says of recordings and their replays: a row per episode of one
// recording, or a row per task of many.
#ifndef EXPERIMENTS_COMMANDS_SIMULATION_COMPARISON_H_
#define EXPERIMENTS_COMMANDS_SIMULATION_COMPARISON_H_

#include "rl/env/rollouts.h"

#include <cstdint>
#include <string>
#include <vector>

namespace experiments {

// States go through the same library and must be equal. Observations and rewards may differ by the
// last bits of exp, sin and log1p, which C's library and numpy round differently: by 1e-14.
bool IsEqual(const rl::RolloutDifference& difference);

// Episode by episode. REQUIRES: both have physics, observations and rewards of equal shape.
std::vector<rl::RolloutDifference> CompareEpisodes(const rl::Rollouts& recorded,
                                                   const rl::Rollouts& simulated);

// The worst of all episodes; different states add up.
rl::RolloutDifference Worst(const std::vector<rl::RolloutDifference>& episodes);

struct TaskComparison {
  std::string task;
  int64_t num_episodes = 0;
  int64_t num_steps = 0;  // of each episode
  rl::RolloutDifference worst;
};

// Print a table for people and write the JSON; `json` is a file, - for stdout or nothing. They
// return whether everything is equal.
bool ReportEpisodes(const std::string& task, const std::vector<rl::RolloutDifference>& episodes,
                    const std::string& json);
bool ReportTasks(const std::vector<TaskComparison>& tasks, const std::string& json);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_SIMULATION_COMPARISON_H_
