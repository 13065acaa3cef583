// Every task there is: one line each in task_list.cc.
//
// A task that stands in the list is loaded by name everywhere and passes through the conformance
// tests; nothing registers itself.
#ifndef RL_ENV_TASKS_TASK_LIST_H_
#define RL_ENV_TASKS_TASK_LIST_H_

#include "rl/env/task.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace rl {

struct ModelOptions;
struct MujocoDeleter;
using ModelPtr = std::unique_ptr<mjModel, MujocoDeleter>;

// A mechanism and its timing.
struct DomainEntry {
  std::string_view name;
  // Compiles the model; `assets` is the dm_control folder.
  ModelPtr (*build)(const std::filesystem::path& assets, const ModelOptions& options);
  int num_substeps;   // physics steps per control step
  int episode_steps;  // control steps
};

struct TaskEntry {
  std::string_view name;  // <domain>_<what to do>
  const DomainEntry* domain;
  std::unique_ptr<Task> (*make)(const mjModel& model);
};

std::span<const TaskEntry> TaskList();

// Throws std::invalid_argument that lists the names there are.
const TaskEntry& FindTaskEntry(std::string_view name);

// The domain's model as it looks for this task: its target is where the task has it.
ModelPtr BuildTaskModel(const TaskEntry& entry, const std::filesystem::path& assets,
                        const ModelOptions& options);

}  // namespace rl

#endif  // RL_ENV_TASKS_TASK_LIST_H_
