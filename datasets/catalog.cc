#include "datasets/catalog.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace datasets {
namespace {

constexpr double kUnmeasured = std::numeric_limits<double>::quiet_NaN();

// Random returns: uniform actions in [-1, 1], mean over the episodes given, dm_control's physics.
constexpr std::string_view kRandom300 = "uniform actions, mean of 300 episodes";
constexpr std::string_view kRandom500 = "uniform actions, mean of 500 episodes";
constexpr std::string_view kRandom800 = "uniform actions, mean of 800 episodes";
constexpr std::string_view kRandom1000 = "uniform actions, mean of 1000 episodes";
constexpr std::string_view kNobody = "not measured";
// Published experts exist for few of these tasks, and URLB's reach for a brick that ExoRL's scene
// does not have: one yardstick for all is the highest possible return.
constexpr std::string_view kHighest = "highest possible: reward 1 at every step";

constexpr std::array kCartpole{
    TaskInfo{"cartpole_balance", "cartpole", 354, kRandom1000, 1000, kHighest},
    TaskInfo{"cartpole_balance_sparse", "cartpole", kUnmeasured, kNobody, 1000, kHighest},
    TaskInfo{"cartpole_swingup", "cartpole", 26.5, kRandom1000, 1000, kHighest},
    TaskInfo{"cartpole_swingup_sparse", "cartpole", kUnmeasured, kNobody, 1000, kHighest},
};
constexpr std::array kCheetah{
    TaskInfo{"cheetah_run", "cheetah", 3.79, kRandom500, 1000, kHighest},
    TaskInfo{"cheetah_run_backward", "cheetah", 20.4, kRandom500, 1000, kHighest},
};
constexpr std::array kJaco{
    TaskInfo{"jaco_reach_top_left", "jaco", 12.2, kRandom800, 250, kHighest},
    TaskInfo{"jaco_reach_top_right", "jaco", 9.9, kRandom800, 250, kHighest},
    TaskInfo{"jaco_reach_bottom_left", "jaco", 11.5, kRandom800, 250, kHighest},
    TaskInfo{"jaco_reach_bottom_right", "jaco", 12.3, kRandom800, 250, kHighest},
};
constexpr std::array kMaze{
    TaskInfo{"point_mass_maze_reach_top_left", "point_mass_maze", 20.6, kRandom1000, 1000,
             kHighest},
    TaskInfo{"point_mass_maze_reach_top_right", "point_mass_maze", 0, kRandom1000, 1000, kHighest},
    TaskInfo{"point_mass_maze_reach_bottom_left", "point_mass_maze", 0, kRandom1000, 1000,
             kHighest},
    TaskInfo{"point_mass_maze_reach_bottom_right", "point_mass_maze", 0, kRandom1000, 1000,
             kHighest},
};
constexpr std::array kQuadruped{
    TaskInfo{"quadruped_walk", "quadruped", 118, kRandom300, 1000, kHighest},
    TaskInfo{"quadruped_run", "quadruped", 133, kRandom300, 1000, kHighest},
    TaskInfo{"quadruped_stand", "quadruped", kUnmeasured, kNobody, 1000, kHighest},
    TaskInfo{"quadruped_jump", "quadruped", kUnmeasured, kNobody, 1000, kHighest},
};
constexpr std::array kWalker{
    TaskInfo{"walker_stand", "walker", 129.2, kRandom300, 1000, kHighest},
    TaskInfo{"walker_walk", "walker", 32.0, kRandom300, 1000, kHighest},
    TaskInfo{"walker_run", "walker", 22.8, kRandom300, 1000, kHighest},
    TaskInfo{"walker_flip", "walker", kUnmeasured, kNobody, 1000, kHighest},
};

//                name, T, O, A, P, tasks
constexpr std::array kDomains{
    DomainInfo{"cartpole", 1000, 5, 1, 4, kCartpole},
    DomainInfo{"cheetah", 1000, 17, 6, 18, kCheetah},
    DomainInfo{"jaco", 250, 42, 9, 18, kJaco},
    DomainInfo{"point_mass_maze", 1000, 4, 2, 4, kMaze},
    DomainInfo{"quadruped", 1000, 78, 12, 57, kQuadruped},
    DomainInfo{"walker", 1000, 24, 6, 18, kWalker},
};

// ExoRL's nine.
constexpr std::array<std::string_view, 9> kCollectors{
    "aps", "diayn", "disagreement", "icm", "icm_apt", "proto", "random", "rnd", "smm"};

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

[[noreturn]] void RefuseUnknown(const char* kind, std::string_view name,
                                const std::vector<std::string_view>& known) {
  throw std::invalid_argument("there is no " + std::string(kind) + " '" + std::string(name) +
                              "'; did you mean '" + std::string(NearestMatch(name, known)) + "'?");
}

}  // namespace

std::span<const DomainInfo> Domains() { return kDomains; }

std::span<const std::string_view> Collectors() { return kCollectors; }

const DomainInfo& FindDomain(std::string_view name) {
  std::vector<std::string_view> known;
  for (const DomainInfo& domain : kDomains) {
    if (domain.name == name) return domain;
    known.push_back(domain.name);
  }
  RefuseUnknown("domain", name, known);
}

const TaskInfo& FindTask(std::string_view name) {
  std::vector<std::string_view> known;
  for (const DomainInfo& domain : kDomains) {
    for (const TaskInfo& task : domain.tasks) {
      if (task.name == name) return task;
      known.push_back(task.name);
    }
  }
  RefuseUnknown("task", name, known);
}

const DomainInfo* DomainOfDims(int64_t observation_dim, int64_t action_dim, int64_t physics_dim) {
  for (const DomainInfo& domain : kDomains) {
    if (domain.observation_dim == observation_dim && domain.action_dim == action_dim &&
        domain.physics_dim == physics_dim) {
      return &domain;
    }
  }
  return nullptr;
}

std::optional<double> NormalizedScore(const TaskInfo& task, double episode_return) {
  if (std::isnan(task.random_return)) return std::nullopt;
  return (episode_return - task.random_return) / (task.expert_return - task.random_return);
}

std::string_view NearestMatch(std::string_view word, std::span<const std::string_view> known) {
  return *std::min_element(known.begin(), known.end(), [&](auto a, auto b) {
    return EditDistance(word, a) < EditDistance(word, b);
  });
}

}  // namespace datasets
