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

std::vector<SharedTask> LoadTasksOfOneDomain(const std::vector<std::string>& names,
                                             const std::filesystem::path& assets) {
  std::vector<SharedTask> tasks;
  for (const std::string& name : names) {
    const TaskEntry& entry = FindTaskEntry(name);
    if (tasks.empty()) {
      tasks.push_back(LoadTask(name, assets));
      continue;
    }
    if (entry.domain->name != FindTaskEntry(names.front()).domain->name) {
      throw std::invalid_argument("tasks " + names.front() + " and " + name +
                                  " are of different domains; relabel them one domain at a time");
    }
    SharedTask task = tasks.front();
    task.task = entry.make(task.models->full());
    task.spec.task = name;
    tasks.push_back(std::move(task));
  }
  return tasks;
}

Relabeler::Relabeler(const std::vector<std::string>& tasks, const std::filesystem::path& assets,
                     RelabelRule rule)
    : Relabeler(LoadTasksOfOneDomain(tasks, assets), rule) {}

Relabeler::Relabeler(std::vector<SharedTask> tasks, RelabelRule rule)
    : tasks_(std::move(tasks)), rule_(rule), kinematics_(Kinematics::kFrames) {
  for (const SharedTask& task : tasks_) {
    kinematics_ = std::max(kinematics_, task.task->kinematics());
  }
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
  std::fill(control_.begin(), control_.end(), 0.0);
  physics_->SetControl(control_);
  for (size_t row = 0; row < num_rows; ++row) {
    if (recorded && row > 0) {
      front.scaling.Apply(actions.subspan((row - 1) * action_dim, action_dim), control_);
      physics_->SetControl(control_);
    }
    physics_->SetState(physics.subspan(row * physics_dim, physics_dim));
    physics_->UpdateKinematics(kinematics_);
    for (size_t i = 0; i < tasks_.size(); ++i) rewards[i][row] = tasks_[i].task->Reward(*physics_);
  }
  return rewards;
}

RelabelerPool::RelabelerPool(std::vector<SharedTask> tasks, RelabelRule rule)
    : tasks_(std::move(tasks)), rule_(rule) {}

RelabelerPool::~RelabelerPool() = default;

std::unique_ptr<Relabeler> RelabelerPool::Take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Relabeler>(tasks_, rule_);
  std::unique_ptr<Relabeler> relabeler = std::move(idle_.back());
  idle_.pop_back();
  return relabeler;
}

// A relabeler whose episode was refused is dropped, not taken back.
std::vector<std::vector<double>> RelabelerPool::Relabel(std::span<const double> physics,
                                                        std::span<const float> actions) {
  std::unique_ptr<Relabeler> relabeler = Take();
  auto rewards = relabeler->Relabel(physics, actions);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(relabeler));
  return rewards;
}

std::vector<std::vector<std::vector<double>>> RelabelEpisodes(
    const std::vector<std::string>& tasks, const std::filesystem::path& assets, RelabelRule rule,
    std::span<const RelabelInput> episodes, int num_threads) {
  return RelabelEpisodes(LoadTasksOfOneDomain(tasks, assets), rule, episodes, num_threads);
}

std::vector<std::vector<std::vector<double>>> RelabelEpisodes(
    const std::vector<SharedTask>& tasks, RelabelRule rule, std::span<const RelabelInput> episodes,
    int num_threads) {
  std::vector<std::vector<std::vector<double>>> rewards(episodes.size());
  ThreadPool threads(num_threads);
  RelabelerPool relabelers(tasks, rule);
  threads.ForEach(static_cast<int64_t>(episodes.size()), [&](int64_t index) {
    const auto i = static_cast<size_t>(index);
    rewards[i] = relabelers.Relabel(episodes[i].physics, episodes[i].actions);
  });
  return rewards;
}

}  // namespace rl
