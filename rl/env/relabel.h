// Rewards of a task for physics states that were stored while doing something else.
//
// ExoRL's own relabelling (relable_episode) restores each state with control zero, so cartpole's
// control cost vanishes and rewards come out higher than the environment paid; the other rule
// restores the control that was really applied. Both give row 0, the reset, a reward too.
#ifndef RL_ENV_RELABEL_H_
#define RL_ENV_RELABEL_H_

#include "rl/env/environment.h"
#include "rl/env/task.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace rl {

enum class RelabelRule {
  kZeroControl,      // as ExoRL relabels
  kRecordedControl,  // as the environment paid
};

// The tasks by name, sharing one model. Throws std::invalid_argument for unknown tasks and tasks of
// different domains.
std::vector<SharedTask> LoadTasksOfOneDomain(const std::vector<std::string>& names,
                                             const std::filesystem::path& assets);

// Computes the rewards of one or several tasks of one domain; each state is restored once for all
// of them. Not safe for use by two threads at once.
class Relabeler {
 public:
  // REQUIRES: the tasks are of one domain. At least one.
  Relabeler(std::vector<SharedTask> tasks, RelabelRule rule);
  // Throws std::invalid_argument for unknown tasks and tasks of different domains.
  Relabeler(const std::vector<std::string>& tasks, const std::filesystem::path& assets,
            RelabelRule rule);
  Relabeler(Relabeler&&) noexcept;
  ~Relabeler();

  int num_tasks() const { return static_cast<int>(tasks_.size()); }

  // physics: (T+1) x P, one state per observation. actions: T x A, action t leads from state t to
  // state t+1; may be empty under kZeroControl, which does not look at it.
  // Returns one array of T+1 rewards per task, in the tasks' order; row 0 belongs to the reset
  // state, with control zero under both rules.
  // Throws std::invalid_argument when a length does not fit or a value is not finite.
  std::vector<std::vector<double>> Relabel(std::span<const double> physics,
                                           std::span<const float> actions);

 private:
  std::vector<SharedTask> tasks_;
  std::unique_ptr<Physics> physics_;
  RelabelRule rule_;
  Kinematics kinematics_;  // all that some task reads
  std::vector<double> control_;
};

// Relabelers lent to whichever thread asks, as many as ask at once. Safe for use by many threads.
class RelabelerPool {
 public:
  RelabelerPool(std::vector<SharedTask> tasks, RelabelRule rule);
  ~RelabelerPool();

  // Relabeler::Relabel.
  std::vector<std::vector<double>> Relabel(std::span<const double> physics,
                                           std::span<const float> actions);

 private:
  std::unique_ptr<Relabeler> Take();

  std::vector<SharedTask> tasks_;
  RelabelRule rule_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Relabeler>> idle_;
};

// One episode as relabelling needs it; the memory stays the caller's.
struct RelabelInput {
  std::span<const double> physics;
  std::span<const float> actions;
};

// Relabels many episodes on `num_threads` threads, each taking an episode at a time.
// result[episode][task] has T+1 rewards and does not depend on the number of threads.
std::vector<std::vector<std::vector<double>>> RelabelEpisodes(
    const std::vector<std::string>& tasks, const std::filesystem::path& assets, RelabelRule rule,
    std::span<const RelabelInput> episodes, int num_threads);
std::vector<std::vector<std::vector<double>>> RelabelEpisodes(
    const std::vector<SharedTask>& tasks, RelabelRule rule, std::span<const RelabelInput> episodes,
    int num_threads);

}  // namespace rl

#endif  // RL_ENV_RELABEL_H_
