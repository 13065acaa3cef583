#include "experiments/reproduce/row_figures.h"

#include <algorithm>
#include <numeric>
#include <span>

namespace experiments {
namespace {

using Returns = std::vector<std::vector<double>>;

// Resamples behind one interval. Ends then lie within 2 % of the interval's length.
constexpr int64_t kResamples = 5000;
constexpr int64_t kCurveResamples = 1000;  // there are many, and they are only drawn

double MeanOf(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The number that a protocol makes of one evaluation.
double ScoreOf(const Returns& returns, size_t protocol) {
  double sum = 0;
  for (const std::vector<double>& chain : returns) {
    const std::array<double, kNumProtocols> readings = {chain.front(), chain.back(), MeanOf(chain),
                                                        *std::ranges::max_element(chain)};
    sum += readings[protocol];
  }
  return sum / static_cast<double>(returns.size());
}

std::span<const CellEvaluation> Scored(const CellResult& cell) {
  const std::span<const CellEvaluation> all = cell.evaluations;
  return all.last(std::min(all.size(), kScoredEvaluations));
}

Estimate EstimateMean(const std::vector<double>& by_seed, int64_t resamples) {
  return {.value = MeanOf(by_seed),
          .interval = rl::BootstrapInterval({by_seed}, rl::MeanOfTasks, {.resamples = resamples})};
}

// One run's readings under a protocol, evaluation by evaluation.
std::vector<double> History(const CellResult& cell, size_t protocol) {
  std::vector<double> scores;
  for (const CellEvaluation& evaluation : cell.evaluations) {
    scores.push_back(ScoreOf(evaluation.returns, protocol));
  }
  return scores;
}

ProtocolFigures FiguresOfProtocol(std::span<const CellResult* const> runs, size_t protocol) {
  ProtocolFigures figures;
  for (const CellResult* const run : runs) {
    const std::vector<double> history = History(*run, protocol);
    const std::span<const double> all = history;
    figures.scores.push_back(MeanOf(all.last(std::min(all.size(), kScoredEvaluations))));
    const auto share = 1 / static_cast<double>(runs.size());
    figures.best += share * std::ranges::max(history);
    figures.last += share * history.back();
  }
  figures.mean = EstimateMean(figures.scores, kResamples);
  return figures;
}

// Means over chains, scored evaluations and seeds.
std::vector<double> ReturnsByRollout(std::span<const CellResult* const> runs) {
  std::vector<double> sums(runs[0]->evaluations[0].returns[0].size());
  double count = 0;
  for (const CellResult* const run : runs) {
    for (const CellEvaluation& evaluation : Scored(*run)) {
      for (const std::vector<double>& chain : evaluation.returns) {
        for (size_t i = 0; i < sums.size(); ++i) sums[i] += chain[i];
        ++count;
      }
    }
  }
  for (double& sum : sums) sum /= count;
  return sums;
}

double IndependentMax(std::span<const CellResult* const> runs) {
  std::vector<double> by_policy;
  for (const CellResult* const run : runs) {
    for (const CellEvaluation& evaluation : Scored(*run)) {
      std::vector<double> firsts;
      for (const std::vector<double>& chain : evaluation.returns) firsts.push_back(chain.front());
      by_policy.push_back(rl::ExpectedMaximum(firsts, std::ssize(evaluation.returns[0])));
    }
  }
  return MeanOf(by_policy);
}

// At the moments that all seeds were evaluated at.
std::vector<CurvePoint> Curve(std::span<const CellResult* const> runs) {
  std::vector<CurvePoint> curve;
  size_t length = runs[0]->evaluations.size();
  for (const CellResult* const run : runs) length = std::min(length, run->evaluations.size());
  for (size_t i = 0; i < length; ++i) {
    std::vector<double> by_seed;
    for (const CellResult* const run : runs) {
      by_seed.push_back(ScoreOf(run->evaluations[i].returns, kLast));
    }
    curve.push_back({.share = static_cast<double>(runs[0]->evaluations[i].train_step) /
                              static_cast<double>(runs[0]->train_steps),
                     .episode_return = EstimateMean(by_seed, kCurveResamples)});
  }
  return curve;
}

MethodFigures FiguresOfMethod(std::span<const CellResult* const> runs, const RowFigures& row) {
  MethodFigures figures;
  for (const CellResult* const run : runs) {
    figures.seeds.push_back(run->cell.seed);
    for (const double score : History(*run, kLast)) {
      figures.policy_scores.push_back(row.Normalized(score));
    }
  }
  for (size_t i = 0; i < kNumProtocols; ++i) figures.protocols[i] = FiguresOfProtocol(runs, i);
  figures.by_rollout = ReturnsByRollout(runs);
  figures.independent_max = IndependentMax(runs);
  figures.curve = Curve(runs);
  return figures;
}

// The cells of one row and method, by seed.
std::vector<const CellResult*> RunsOf(const std::vector<CellResult>& cells, const TableRow& row,
                                      const std::string& method) {
  std::vector<const CellResult*> runs;
  for (const CellResult& cell : cells) {
    if (cell.cell.row == row && cell.cell.method == method) runs.push_back(&cell);
  }
  std::ranges::sort(runs, {}, [](const CellResult* run) { return run->cell.seed; });
  return runs;
}

// The mean of several rows' figures for one method, seed by seed. Curves are left out.
MethodFigures MeanOfRows(const std::vector<const MethodFigures*>& rows) {
  MethodFigures mean{.seeds = rows[0]->seeds};
  const auto share = 1 / static_cast<double>(rows.size());
  const auto add = [share](const std::vector<double>& values, std::vector<double>& sums) {
    sums.resize(std::max(sums.size(), values.size()));
    for (size_t i = 0; i < values.size(); ++i) sums[i] += share * values[i];
  };
  for (const MethodFigures* const row : rows) {
    for (size_t i = 0; i < kNumProtocols; ++i) {
      add(row->protocols[i].scores, mean.protocols[i].scores);
      mean.protocols[i].best += share * row->protocols[i].best;
      mean.protocols[i].last += share * row->protocols[i].last;
    }
    add(row->by_rollout, mean.by_rollout);
    mean.independent_max += share * row->independent_max;
  }
  for (ProtocolFigures& protocol : mean.protocols) {
    protocol.mean = EstimateMean(protocol.scores, kResamples);
  }
  return mean;
}

// Empty unless every row has the same seeds of the method.
std::vector<const MethodFigures*> FiguresInAll(const std::vector<const RowFigures*>& rows,
                                               const std::string& method) {
  std::vector<const MethodFigures*> figures;
  for (const RowFigures* const row : rows) {
    const auto found = row->methods.find(method);
    if (found == row->methods.end()) return {};
    figures.push_back(&found->second);
    if (found->second.seeds != figures[0]->seeds) return {};
  }
  return figures;
}

RowFigures MeanRow(const std::string& name, const std::vector<const RowFigures*>& rows,
                   const std::vector<std::string>& methods) {
  RowFigures mean = *rows[0];
  mean.row.task = name;
  mean.num_targets = rows.size();
  mean.methods.clear();
  mean.random_return = 0;
  for (const RowFigures* const row : rows) {
    mean.random_return += row->random_return / static_cast<double>(rows.size());
  }
  for (const std::string& method : methods) {
    const std::vector<const MethodFigures*> figures = FiguresInAll(rows, method);
    if (!figures.empty()) mean.methods[method] = MeanOfRows(figures);
  }
  return mean;
}

}  // namespace

RowFigures FiguresOfRow(const TableRow& row, const std::vector<std::string>& methods,
                        const std::vector<CellResult>& cells) {
  RowFigures figures{.row = row};
  for (const std::string& method : methods) {
    const std::vector<const CellResult*> runs = RunsOf(cells, row, method);
    if (runs.empty()) continue;
    const CellResult& any = *runs[0];
    figures.random_return = any.random_return;
    figures.highest_return = any.highest_return;
    figures.reference_source = any.reference_source;
    figures.data = any.data;
    figures.data_sha256 = any.data_sha256;
    figures.reward_source = any.reward_source;
    figures.methods[method] = FiguresOfMethod(runs, figures);
  }
  return figures;
}

std::vector<RowFigures> MeansOverTargets(const std::vector<RowFigures>& rows,
                                         const std::vector<std::string>& methods) {
  std::map<std::string, std::vector<const RowFigures*>> groups;  // by "jaco_reach@rnd"
  for (const RowFigures& row : rows) {
    const size_t reach = row.row.task.find("_reach_");
    if (reach == std::string::npos) continue;
    groups[row.row.task.substr(0, reach) + "_reach@" + row.row.collector].push_back(&row);
  }
  std::vector<RowFigures> means;
  for (const auto& [name, targets] : groups) {
    if (targets.size() < 2) continue;
    RowFigures mean = MeanRow(name.substr(0, name.find('@')), targets, methods);
    if (mean.methods.size() == methods.size()) means.push_back(mean);
  }
  return means;
}

}  // namespace experiments
