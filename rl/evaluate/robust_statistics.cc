#include "rl/evaluate/robust_statistics.h"

#include "ring/kernel/counter_hash.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace rl {
namespace {

double Sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

double Mean(std::span<const double> values) {
  return Sum(values) / static_cast<double>(values.size());
}

void CheckScores(const ScoreTable& scores) {
  const bool has_hole =
      std::ranges::any_of(scores, [](const std::vector<double>& runs) { return runs.empty(); });
  if (scores.empty() || has_hole) {
    throw std::logic_error("a table of scores needs tasks with at least one run each");
  }
}

std::vector<double> Flattened(const ScoreTable& scores) {
  CheckScores(scores);
  std::vector<double> all;
  for (const std::vector<double>& runs : scores) all.insert(all.end(), runs.begin(), runs.end());
  return all;
}

// Wins of a's runs over b's, all against all, a tie counting half, as a share of the pairs.
double WinShare(std::span<const double> a, std::span<const double> b) {
  double wins = 0;
  for (const double x : a) {
    for (const double y : b) wins += x > y ? 1.0 : x == y ? 0.5 : 0.0;
  }
  return wins / static_cast<double>(a.size() * b.size());
}

// The value below which a share of the ordered values lies, linear between neighbours.
double Quantile(std::span<const double> ordered, double share) {
  const double place = share * static_cast<double>(ordered.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, ordered.size() - 1);
  return std::lerp(ordered[below], ordered[above], place - static_cast<double>(below));
}

// Whole numbers below a bound, from a counter: the n-th draw depends on the seed and n alone.
class Draws {
 public:
  explicit Draws(uint64_t seed) : hash_(ring::Scramble64(seed)) {}

  size_t Below(size_t bound) {
    // The high half of a 64 x 32 bit product; a bound of a few runs is met to one part in 2^32.
    const uint64_t word = ring::Combine(hash_, count_++) >> 32;
    return static_cast<size_t>((word * static_cast<uint64_t>(bound)) >> 32);
  }

 private:
  uint64_t hash_;
  int64_t count_ = 0;
};

// Draws every table anew into `drawn`.
void Resample(std::span<const ScoreTable> tables, bool resample_tasks, Draws& draws,
              std::vector<ScoreTable>& drawn) {
  const size_t num_tasks = tables[0].size();
  for (size_t task = 0; task < num_tasks; ++task) {
    const size_t source = resample_tasks ? draws.Below(num_tasks) : task;
    for (size_t table = 0; table < tables.size(); ++table) {
      const std::vector<double>& runs = tables[table][source];
      std::vector<double>& target = drawn[table][task];
      target.resize(runs.size());
      for (double& run : target) run = runs[draws.Below(runs.size())];
    }
  }
}

bool AllowsIntervals(std::span<const ScoreTable> tables) {
  for (const ScoreTable& scores : tables) {
    CheckScores(scores);
    if (scores.size() != tables[0].size()) {
      throw std::logic_error("tables of scores that are compared need the same tasks");
    }
    for (const std::vector<double>& runs : scores) {
      if (runs.size() < kLeastRunsForInterval) return false;
    }
  }
  return true;
}

}  // namespace

double MeanOfTasks(const ScoreTable& scores) {
  CheckScores(scores);
  double sum = 0;
  for (const std::vector<double>& runs : scores) sum += Mean(runs);
  return sum / static_cast<double>(scores.size());
}

double InterquartileMean(const ScoreTable& scores) {
  std::vector<double> all = Flattened(scores);
  std::ranges::sort(all);
  const size_t cut = all.size() / 4;
  return Mean(std::span(all).subspan(cut, all.size() - 2 * cut));
}

double OptimalityGap(const ScoreTable& scores, double goal) {
  std::vector<double> all = Flattened(scores);
  for (double& score : all) score = std::min(score, goal);
  return goal - Mean(all);
}

double ProbabilityOfImprovement(const ScoreTable& a, const ScoreTable& b) {
  CheckScores(a);
  CheckScores(b);
  if (a.size() != b.size()) throw std::logic_error("methods are compared on the same tasks");
  double sum = 0;
  for (size_t task = 0; task < a.size(); ++task) sum += WinShare(a[task], b[task]);
  return sum / static_cast<double>(a.size());
}

std::vector<double> PerformanceProfile(const ScoreTable& scores,
                                       std::span<const double> thresholds) {
  const std::vector<double> all = Flattened(scores);
  std::vector<double> profile;
  for (const double threshold : thresholds) {
    const auto above = std::ranges::count_if(all, [=](double score) { return score > threshold; });
    profile.push_back(static_cast<double>(above) / static_cast<double>(all.size()));
  }
  return profile;
}

std::optional<std::vector<Interval>> BootstrapIntervals(std::span<const ScoreTable> tables,
                                                        const Statistic& statistic,
                                                        const BootstrapOptions& options) {
  if (tables.empty() || options.resamples < 1) {
    throw std::logic_error("a bootstrap needs a table and at least one resample");
  }
  if (!AllowsIntervals(tables)) return std::nullopt;
  Draws draws(options.seed);
  std::vector<ScoreTable> drawn(tables.begin(), tables.end());
  std::vector<std::vector<double>> outcomes;  // by number, then by resample
  for (int64_t i = 0; i < options.resamples; ++i) {
    Resample(tables, options.resample_tasks, draws, drawn);
    const std::vector<double> numbers = statistic(drawn);
    outcomes.resize(numbers.size());
    for (size_t n = 0; n < numbers.size(); ++n) outcomes[n].push_back(numbers[n]);
  }
  std::vector<Interval> intervals;
  for (std::vector<double>& of_number : outcomes) {
    std::ranges::sort(of_number);
    const double tail = (1 - options.coverage) / 2;
    intervals.push_back({.low = Quantile(of_number, tail), .high = Quantile(of_number, 1 - tail)});
  }
  return intervals;
}

std::optional<Interval> BootstrapInterval(const ScoreTable& scores,
                                          const std::function<double(const ScoreTable&)>& statistic,
                                          const BootstrapOptions& options) {
  const auto intervals = BootstrapIntervals(
      std::span(&scores, 1),
      [&](std::span<const ScoreTable> drawn) { return std::vector{statistic(drawn[0])}; }, options);
  if (!intervals) return std::nullopt;
  return intervals->front();
}

double ExpectedMaximum(std::vector<double> values, int64_t count) {
  if (values.empty() || count < 1) {
    throw std::logic_error("the maximum of no draws, or from no values, is not defined");
  }
  std::ranges::sort(values);
  const auto size = static_cast<double>(values.size());
  const auto power = static_cast<double>(count);
  double expected = 0;
  double below = 0;  // probability that all draws are among the values before this one
  for (size_t i = 0; i < values.size(); ++i) {
    const double up_to = std::pow(static_cast<double>(i + 1) / size, power);
    expected += values[i] * (up_to - below);
    below = up_to;
  }
  return expected;
}

std::vector<double> ExpectedBestByBudget(std::vector<double> policy_scores) {
  std::ranges::sort(policy_scores, std::greater<>());
  const size_t size = policy_scores.size();
  std::vector<double> best;
  for (size_t budget = 1; budget <= size; ++budget) {
    // Probability that the i-th best policy is the best of those tried: none before it is, it is.
    double expected = 0;
    double none_before = 1;
    for (size_t i = 0; i + budget <= size; ++i) {
      const double chosen = static_cast<double>(budget) / static_cast<double>(size - i);
      expected += none_before * chosen * policy_scores[i];
      none_before *= 1 - chosen;
    }
    best.push_back(expected);
  }
  return best;
}

}  // namespace rl
