#include "rl/env/tasks/task_list.h"

#include "datasets/catalog.h"
#include "rl/env/model_builder.h"
#include "rl/env/tasks/cartpole.h"
#include "rl/env/tasks/walker.h"

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace rl {
namespace {

ModelPtr BuildCartpole(const std::filesystem::path& assets, const ModelOptions& options) {
  return BuildModel(assets / "suite/cartpole.xml", options);
}

ModelPtr BuildWalker(const std::filesystem::path& assets, const ModelOptions& options) {
  return BuildModel(assets / "suite/walker.xml", options);
}

// Substeps and episode lengths follow dm_control's suite (control_timestep, time_limit).
constexpr DomainEntry kCartpole = {
    .name = "cartpole", .build = BuildCartpole, .num_substeps = 1, .episode_steps = 1000};
constexpr DomainEntry kWalker = {
    .name = "walker", .build = BuildWalker, .num_substeps = 10, .episode_steps = 1000};

constexpr std::array kTasks{
    TaskEntry{"cartpole_balance", &kCartpole, MakeCartpoleBalance},
    TaskEntry{"cartpole_balance_sparse", &kCartpole, MakeCartpoleBalanceSparse},
    TaskEntry{"cartpole_swingup", &kCartpole, MakeCartpoleSwingup},
    TaskEntry{"cartpole_swingup_sparse", &kCartpole, MakeCartpoleSwingupSparse},
    TaskEntry{"walker_stand", &kWalker, MakeWalkerStand},
    TaskEntry{"walker_walk", &kWalker, MakeWalkerWalk},
    TaskEntry{"walker_run", &kWalker, MakeWalkerRun},
    TaskEntry{"walker_flip", &kWalker, MakeWalkerFlip},
};

}  // namespace

std::span<const TaskEntry> TaskList() { return kTasks; }

const TaskEntry& FindTaskEntry(std::string_view name) {
  std::string names;
  std::vector<std::string_view> known;
  for (const TaskEntry& entry : kTasks) {
    if (entry.name == name) return entry;
    names += (names.empty() ? "" : ", ") + std::string(entry.name);
    known.push_back(entry.name);
  }
  throw std::invalid_argument(
      "no environment for task '" + std::string(name) + "'; did you mean '" +
      std::string(datasets::NearestMatch(name, known)) + "'? There are: " + names);
}

}  // namespace rl
