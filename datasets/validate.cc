#include "datasets/validate.h"

#include "datasets/catalog.h"
#include "datasets/ordered_work.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <exception>
#include <set>
#include <span>
#include <type_traits>

namespace datasets {
namespace {

// Float32 rounding of a clipped action may exceed 1 by this much.
constexpr float kActionSlack = 1e-6F;

// Index of the first infinity or NaN, or values.size(). Integer tests on whole blocks, because a
// comparison that stops at the first hit cannot use vector registers.
template <class T>
size_t FirstNotFinite(std::span<const T> values) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  constexpr Bits kExponent = sizeof(T) == 4 ? Bits{0x7f800000} : static_cast<Bits>(0x7ffULL << 52);
  constexpr size_t kBlock = 1024;
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    const auto block = values.subspan(begin, std::min(kBlock, values.size() - begin));
    Bits found = 0;
    for (const T value : block) {
      found |= (std::bit_cast<Bits>(value) & kExponent) == kExponent ? 1 : 0;
    }
    if (found == 0) continue;
    const auto hit =
        std::find_if(block.begin(), block.end(), [](T value) { return !std::isfinite(value); });
    return begin + static_cast<size_t>(hit - block.begin());
  }
  return values.size();
}

class ProblemFinder {
 public:
  explicit ProblemFinder(const Episode& episode) : episode_(episode) {}

  template <class T>
  void RequireFinite(const std::string& column, const std::vector<T>& values, int64_t row_size) {
    const size_t at = FirstNotFinite(std::span<const T>(values));
    if (at == values.size()) return;
    const size_t row = at / static_cast<size_t>(row_size);
    const size_t place = at % static_cast<size_t>(row_size);
    Report(column + " holds " + (std::isnan(values[at]) ? "NaN" : "an infinity") + " in row " +
           std::to_string(row) + ", column " + std::to_string(place));
  }

  void RequireActionsInRange(int64_t action_dim) {
    const auto outside = [](float action) { return std::abs(action) > 1 + kActionSlack; };
    int found = 0;  // counted without a branch, for the vector registers
    for (const float action : episode_.actions) found |= outside(action) ? 1 : 0;
    if (found == 0) return;
    const auto first = std::find_if(episode_.actions.begin(), episode_.actions.end(), outside);
    Report("actions holds " + std::to_string(*first) + " in row " +
           std::to_string((first - episode_.actions.begin()) / action_dim) + ", outside [-1, 1]");
  }

  // The last step, and no other, ends the episode: by termination or by truncation.
  void RequireOneEnd() {
    for (size_t t = 0; t < episode_.terminations.size(); ++t) {
      const bool last = t + 1 == episode_.terminations.size();
      if (episode_.terminations[t] > 1 || episode_.truncations[t] > 1) {
        Report("a flag of step " + std::to_string(t) + " is neither 0 nor 1");
        return;
      }
      const bool ends = episode_.terminations[t] != 0 || episode_.truncations[t] != 0;
      if (ends == last) continue;
      Report(last ? "its last step is neither terminated nor truncated"
                  : "step " + std::to_string(t) + " is marked as an end, but steps follow");
      return;
    }
  }

  void RequireDiscountsMatch() {
    for (size_t t = 0; t + 1 < episode_.discounts.size(); ++t) {
      if ((episode_.discounts[t + 1] == 0) == (episode_.terminations[t] != 0)) continue;
      Report("the discount after step " + std::to_string(t) + " and its termination disagree");
      return;
    }
  }

  std::vector<std::string> Take() { return std::move(problems_); }

 private:
  void Report(std::string problem) { problems_.push_back(std::move(problem)); }

  const Episode& episode_;
  std::vector<std::string> problems_;
};

std::vector<std::string> FindAttributeProblems(const EpisodeReader& reader) {
  std::vector<std::string> problems;
  const DatasetAttributes& attributes = reader.attributes();
  if (attributes.total_episodes == 0) problems.push_back("it holds no episodes");
  const auto known = Domains();
  const auto domain = std::find_if(known.begin(), known.end(), [&](const DomainInfo& candidate) {
    return candidate.name == attributes.domain;
  });
  if (domain == known.end()) {
    problems.push_back("its domain '" + attributes.domain + "' is not in the catalog");
    return problems;
  }
  const auto require = [&](const char* name, int64_t value, int64_t wanted) {
    if (value == wanted) return;
    problems.push_back(attributes.domain + " has " + name + " " + std::to_string(wanted) +
                       ", the file says " + std::to_string(value));
  };
  require("observation_dim", attributes.observation_dim, domain->observation_dim);
  require("action_dim", attributes.action_dim, domain->action_dim);
  if (attributes.physics_dim != 0) {
    require("physics_dim", attributes.physics_dim, domain->physics_dim);
  }
  return problems;
}

struct EpisodeFindings {
  int64_t num_steps = 0;
  std::set<std::string> tasks;
  std::vector<std::string> problems;
};

EpisodeFindings ExamineEpisode(const EpisodeReader& reader, int64_t index) {
  EpisodeFindings findings;
  try {
    const Episode episode = reader.Read(index);
    findings.num_steps = episode.num_steps;
    for (const auto& [task, rewards] : episode.task_rewards) findings.tasks.insert(task);
    for (const std::string& problem : FindProblems(episode, reader.attributes())) {
      findings.problems.push_back("episode_" + std::to_string(index) + ": " + problem);
    }
  } catch (const std::invalid_argument& damage) {
    findings.problems.push_back(damage.what());
  }
  return findings;
}

}  // namespace

std::vector<std::string> FindProblems(const Episode& episode, const DatasetAttributes& attributes) {
  ProblemFinder finder(episode);
  finder.RequireFinite("observations", episode.observations, attributes.observation_dim);
  finder.RequireFinite("actions", episode.actions, attributes.action_dim);
  finder.RequireFinite("rewards", episode.rewards, 1);
  finder.RequireFinite("infos/physics", episode.physics,
                       std::max<int64_t>(1, attributes.physics_dim));
  finder.RequireFinite("infos/discount", episode.discounts, 1);
  for (const auto& [task, rewards] : episode.task_rewards) {
    const auto columns = static_cast<int64_t>(rewards.size()) / (episode.num_steps + 1);
    finder.RequireFinite("infos/rewards/" + task, rewards, std::max<int64_t>(1, columns));
  }
  finder.RequireActionsInRange(attributes.action_dim);
  finder.RequireOneEnd();
  finder.RequireDiscountsMatch();
  return finder.Take();
}

std::vector<std::string> ValidateDataset(const EpisodeReader& reader,
                                         const ValidationOptions& options) {
  std::vector<std::string> problems = FindAttributeProblems(reader);
  const int64_t total = reader.num_episodes();
  int64_t total_steps = 0;
  std::set<std::string> tasks;
  const auto take = [&](int64_t index, EpisodeFindings findings) {
    total_steps += findings.num_steps;
    if (findings.num_steps > 0) {
      if (tasks.empty()) tasks = findings.tasks;
      if (findings.tasks != tasks) {
        problems.push_back("episode_" + std::to_string(index) +
                           ": it has rewards of other tasks than the episodes before it");
      }
    }
    problems.insert(problems.end(), findings.problems.begin(), findings.problems.end());
    if (options.on_progress) options.on_progress(index + 1, total);
  };
  OrderedWork<EpisodeFindings>::Run(
      total, options.num_threads, [&](int64_t index) { return ExamineEpisode(reader, index); },
      take);
  if (total_steps != reader.attributes().total_steps) {
    problems.push_back("its total_steps is " + std::to_string(reader.attributes().total_steps) +
                       ", but the readable episodes have " + std::to_string(total_steps));
  }
  return problems;
}

}  // namespace datasets
