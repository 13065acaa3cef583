// Figures of one row of a table, worked out of its finished cells: what each method reached under
// each protocol, during training and from rollout to rollout.
//
// Words. An evaluation is 20 chains (say) of n rollouts in one context; a protocol makes one number
// of each chain. A run's score is the mean of its last three evaluations: nobody picks a
// checkpoint. Its best evaluation, which flatters, and its very last are kept beside it.
// Normalised, a score is 0 for the random policy and 1 for the highest return possible.
#ifndef EXPERIMENTS_REPRODUCE_ROW_FIGURES_H_
#define EXPERIMENTS_REPRODUCE_ROW_FIGURES_H_

#include "experiments/report/run_log.h"
#include "experiments/reproduce/cell_result.h"
#include "rl/evaluate/robust_statistics.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace experiments {

inline constexpr size_t kScoredEvaluations = 3;
inline constexpr size_t kNumProtocols = kProtocolNames.size();
// Places in kProtocolNames.
inline constexpr size_t kFirst = 0, kLast = 1, kMean = 2, kMax = 3;

struct Estimate {
  double value = 0.0;
  std::optional<rl::Interval> interval = std::nullopt;  // 95 %; none under three seeds
};

// One row and method under one protocol, in the task's own unit.
struct ProtocolFigures {
  std::vector<double> scores;  // by seed
  Estimate mean;               // of the scores
  double best = 0.0;           // mean over seeds of each run's best evaluation
  double last = 0.0;           // mean over seeds of each run's last evaluation
};

// A mean over seeds at one moment of training.
struct CurvePoint {
  double share = 0.0;  // of training, 0 to 1
  Estimate episode_return = {};
};

// All seeds of one method in one row.
struct MethodFigures {
  std::vector<uint64_t> seeds = {};
  std::array<ProtocolFigures, kNumProtocols> protocols = {};
  std::vector<double> by_rollout =
      {};  // return of rollout 1..n, over the scored evaluations and seeds
  std::vector<CurvePoint> curve = {};  // under `last`

  // What the best of n rollouts would return if they learned nothing from one another: the expected
  // maximum of n independent draws from the returns of first rollouts, policy by policy.
  double independent_max = 0.0;

  std::vector<double> policy_scores =
      {};  // of every evaluation of every seed, under `last`, normalised
};

struct RowFigures {
  TableRow row = {};
  size_t num_targets = 1;  // that it is the mean of (MeansOverTargets())
  double random_return = 0.0, highest_return = 0.0;
  std::string reference_source = {};
  DataReturns data = {};
  std::string data_sha256 = {}, reward_source = {};
  std::map<std::string, MethodFigures> methods = {};  // those with at least one finished cell

  // "random", or "random, mean of 4 targets".
  std::string CollectorText() const {
    return row.collector +
           (num_targets == 1 ? "" : ", mean of " + std::to_string(num_targets) + " targets");
  }

  double Normalized(double episode_return) const {
    return (episode_return - random_return) / (highest_return - random_return);
  }
};

// The row's cells among `cells`; methods without one are left out. REQUIRES: cells of a row are
// alike (see WorkOut()).
RowFigures FiguresOfRow(const TableRow& row, const std::vector<std::string>& methods,
                        const std::vector<CellResult>& cells);

// For each set of reaching tasks that learn from one collector the mean over its targets, as a row
// "jaco_reach", seed by seed and without curves; only where every method has all targets.
std::vector<RowFigures> MeansOverTargets(const std::vector<RowFigures>& rows,
                                         const std::vector<std::string>& methods);

}  // namespace experiments

#endif  // EXPERIMENTS_REPRODUCE_ROW_FIGURES_H_
