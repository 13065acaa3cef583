// What ExoRL consists of: domains, their sizes, tasks and collectors.
//
// The returns that count as 0 and 1 come with their source, because a normalised score means
// nothing without it.
#ifndef DATASETS_CATALOG_H_
#define DATASETS_CATALOG_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace datasets {

struct TaskInfo {
  std::string_view name;  // "walker_walk"
  std::string_view domain;

  // Undiscounted return of one episode of a uniformly random policy; NaN where nobody measured it.
  double random_return;
  std::string_view random_source;
  // Return that counts as 1: the highest possible.
  double expert_return;
  std::string_view expert_source;
};

struct DomainInfo {
  std::string_view name;
  int64_t episode_steps;    // T of a full episode
  int64_t observation_dim;  // O
  int64_t action_dim;       // A
  int64_t physics_dim;      // P = nq + nv + na
  std::span<const TaskInfo> tasks;
};

std::span<const DomainInfo> Domains();
std::span<const std::string_view> Collectors();

// Unknown names throw std::invalid_argument with the nearest known one.
const DomainInfo& FindDomain(std::string_view name);
const TaskInfo& FindTask(std::string_view name);

// The domain whose stored sizes are these, for naming the domain of a misplaced file.
const DomainInfo* DomainOfDims(int64_t observation_dim, int64_t action_dim, int64_t physics_dim);

// (return - random) / (expert - random); nothing where the catalog has no random return.
std::optional<double> NormalizedScore(const TaskInfo& task, double episode_return);

// The entry of `known` with the smallest edit distance to `word`. REQUIRES: `known` is not empty.
std::string_view NearestMatch(std::string_view word, std::span<const std::string_view> known);

}  // namespace datasets

#endif  // DATASETS_CATALOG_H_
