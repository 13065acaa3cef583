// What a handful of runs per task says about a method, and how surely.
//
// Few seeds and skewed scores make means of best runs misleading; these are the aggregates of
// Agarwal et al. 2021 (arXiv 2108.13264), each equal to what the authors' package rliable 1.2.0
// computes (metrics.py, library.py), and two expectations of a maximum, because the best of several
// tries is not what one try gives.
//
// No LibTorch: reports are made without it.
#ifndef RL_EVALUATE_ROBUST_STATISTICS_H_
#define RL_EVALUATE_ROBUST_STATISTICS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace rl {

// Scores of one method, by task, then by run. At least one task, each with at least one run; tasks
// may differ in their number of runs. Functions below throw std::logic_error for anything else.
using ScoreTable = std::vector<std::vector<double>>;

// Mean over tasks of the mean over runs.
double MeanOfTasks(const ScoreTable& scores);

// Mean of the middle half of all scores, whatever task they are of: a quarter of them, rounded
// down, is cut off at each end.
double InterquartileMean(const ScoreTable& scores);

// How far the scores stay below `goal` on average, those above it counting as `goal`.
double OptimalityGap(const ScoreTable& scores, double goal = 1.0);

// Probability that a run of `a` beats one of `b` on the same task, ties counting half; mean over
// tasks. REQUIRES: equally many tasks, in the same order.
double ProbabilityOfImprovement(const ScoreTable& a, const ScoreTable& b);

// Share of all scores above each threshold.
std::vector<double> PerformanceProfile(const ScoreTable& scores,
                                       std::span<const double> thresholds);

struct Interval {
  double low = 0.0;
  double high = 0.0;
};

struct BootstrapOptions {
  int64_t resamples = 10000;
  double coverage = 0.95;
  uint64_t seed = 0;  // equal seeds give equal intervals on any machine

  // Off: how far the figure might move with other seeds on these tasks. On: with other tasks too.
  bool resample_tasks = false;
};

// A task with fewer runs than this says nothing about other runs.
inline constexpr size_t kLeastRunsForInterval = 3;

// Percentile intervals of every number that `statistic` makes of the tables, by the stratified
// bootstrap: runs are drawn again within their task, each table on its own. Nothing when a task has
// fewer than kLeastRunsForInterval runs. Several tables with resample_tasks share the tasks drawn.
using Statistic = std::function<std::vector<double>(std::span<const ScoreTable>)>;
std::optional<std::vector<Interval>> BootstrapIntervals(std::span<const ScoreTable> tables,
                                                        const Statistic& statistic,
                                                        const BootstrapOptions& options = {});

// The same for one number of one table.
std::optional<Interval> BootstrapInterval(const ScoreTable& scores,
                                          const std::function<double(const ScoreTable&)>& statistic,
                                          const BootstrapOptions& options = {});

// Expected maximum of `count` independent draws, with replacement, from the values:
//   sum over the i-th smallest x_i of  x_i ((i/m)^count - ((i-1)/m)^count)
// What `count` rollouts that learn nothing from one another would reach at best.
// REQUIRES: at least one value and count >= 1.
double ExpectedMaximum(std::vector<double> values, int64_t count);

// Expected best score against the number of online evaluations spent on choosing: element n - 1 is
// the expected maximum of n different ones of the policies, without replacement, for n = 1 .. m:
//   sum over the i-th smallest x_i of  x_i C(i-1, n-1) / C(m, n)
// The question is that of Kurenkov and Kolesnikov 2022 (arXiv 2110.04156).
std::vector<double> ExpectedBestByBudget(std::vector<double> policy_scores);

}  // namespace rl

#endif  // RL_EVALUATE_ROBUST_STATISTICS_H_
