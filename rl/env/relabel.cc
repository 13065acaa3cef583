#include "rl/env/relabel.h"

#include "rl/env/physics.h"
#include "rl/env/task.h"
#include "rl/env/tasks/task_list.h"
#include "rl/env/thread_pool.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace rl {
namespace {

std::vector<SharedTask> LoadTasks(const std::vector<std::string>& names,
                                  const std::filesystem::path& assets) {
  std::vector<SharedTask> tasks;
  for (const std::string& name : names) {
    const TaskEntry& entry = FindTaskEntry(name);
    if (!tasks.empty() && entry.domain->name != FindTaskEntry(names.front()).domain->name) {
      throw std::invalid_argument("tasks " + names.front() + " and " + name +
                                  " are of different domains; relabel them one domain at a time");
    }
    tasks.push_back(LoadTask(name, assets));
  }
  return tasks;
}

void CheckPhysics(std::span<const double> physics, const EnvironmentSpec& spec) {
  const auto physics_dim = static_cast<size_t>(spec.physics_dim);
  if (physics.empty() || physics.size() % physics_dim != 0) {
    throw std::invalid_argument("stored physics has " + std::to_string(physics.size()) +
                                " values, which is not a multiple of the " +
                                std::to_string(physics_dim) + " of " + spec.task);
  }
  const auto bad =
      std::find_if_not(physics.begin(), physics.end(), [](double x) { return std::isfinite(x); });
  if (bad != physics.end()) {
    const size_t row = static_cast<size_t>(bad - physics.begin()) / physics_dim;
    throw std::invalid_argument("stored physics is not finite in row " + std::to_string(row));
  }
}

void CheckActions(std::span<const float> actions, size_t num_rows, const EnvironmentSpec& spec) {
  const size_t needed = (num_rows - 1) * static_cast<size_t>(spec.action_dim);
  if (actions.size() != needed) {
    throw std::invalid_argument("stored actions have " + std::to_string(actions.size()) +
                                " values where " + std::to_string(num_rows) +
                                " physics states need " + std::to_string(needed));
  }
}

}  // namespace

Relabeler::Relabeler(const std::vector<std::string>& tasks, const std::filesystem::path& assets,
                     RelabelRule rule)
    : Relabeler(LoadTasks(tasks, assets), rule) {}

Relabeler::Relabeler(std::vector<SharedTask> tasks, RelabelRule rule)
    : tasks_(std::move(tasks)), rule_(rule) {
  if (tasks_.empty()) throw std::invalid_argument("no task to relabel for");
  physics_ = std::make_unique<Physics>(tasks_.front().models);
  control_.resize(static_cast<size_t>(tasks_.front().spec.action_dim));
}

Relabeler::Relabeler(Relabeler&&) noexcept = default;
Relabeler::~Relabeler() = default;

std::vector<std::vector<double>> Relabeler::Relabel(std::span<const double> physics,
                                                    std::span<const float> actions) {
  const SharedTask& front = tasks_.front();
  const bool recorded = rule_ == RelabelRule::kRecordedControl;
  const auto physics_dim = static_cast<size_t>(front.spec.physics_dim);
  const size_t action_dim = control_.size();
  CheckPhysics(physics, front.spec);
  const size_t num_rows = physics.size() / physics_dim;
  if (recorded) CheckActions(actions, num_rows, front.spec);

  std::vector<std::vector<double>> rewards(tasks_.size(), std::vector<double>(num_rows));
  physics_->Reset();
  for (size_t row = 0; row < num_rows; ++row) {
    if (recorded && row > 0) {
      front.scaling.Apply(actions.subspan((row - 1) * action_dim, action_dim), control_);
      physics_->SetControl(control_);
    }
    physics_->SetState(physics.subspan(row * physics_dim, physics_dim));
    physics_->UpdateKinematics();
    for (size_t i = 0; i < tasks_.size(); ++i) rewards[i][row] = tasks_[i].task->Reward(*physics_);
  }
  return rewards;
}

std::vector<std::vector<std::vector<double>>> RelabelEpisodes(
    const std::vector<std::string>& tasks, const std::filesystem::path& assets, RelabelRule rule,
    std::span<const RelabelInput> episodes, int num_threads) {
  const std::vector<SharedTask> shared = LoadTasks(tasks, assets);
  std::vector<std::vector<std::vector<double>>> rewards(episodes.size());
  ThreadPool pool(num_threads);
  // One relabeler per thread would do, but a relabeler costs as little as a few rows.
  pool.ForEach(static_cast<int64_t>(episodes.size()), [&](int64_t index) {
    const auto i = static_cast<size_t>(index);
    Relabeler relabeler(shared, rule);
    rewards[i] = relabeler.Relabel(episodes[i].physics, episodes[i].actions);
  });
  return rewards;
}

}  // namespace rl
