#include "experiments/reproduce/table_figures.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <stdexcept>

namespace experiments {
namespace {

// Resamples behind one interval. Ends then lie within 2 % of the interval's length.
constexpr int64_t kResamples = 5000;
constexpr int64_t kCurveResamples = 1000;  // there are many, and they are only drawn

// Scores of one method by row and seed, normalised, under `last`.
rl::ScoreTable ScoresOf(const TableFigures& table, const std::string& method) {
  rl::ScoreTable scores;
  for (const RowFigures& row : table.rows) {
    if (row.methods.size() != table.methods.size()) continue;
    scores.emplace_back();
    for (const double score : row.methods.at(method).protocols[kLast].scores) {
      scores.back().push_back(row.Normalized(score));
    }
  }
  return scores;
}

// Mean over the rows of the expected best; as long as the shortest row's.
std::vector<double> BestByBudget(const TableFigures& table, const std::string& method) {
  std::vector<std::vector<double>> by_row;
  size_t length = SIZE_MAX;
  for (const RowFigures& row : table.rows) {
    if (row.methods.size() != table.methods.size()) continue;
    by_row.push_back(rl::ExpectedBestByBudget(row.methods.at(method).policy_scores));
    length = std::min(length, by_row.back().size());
  }
  std::vector<double> best(length, 0.0);
  for (const std::vector<double>& row : by_row) {
    for (size_t i = 0; i < length; ++i) best[i] += row[i] / static_cast<double>(by_row.size());
  }
  return best;
}

Estimate EstimateOf(const rl::ScoreTable& scores,
                    const std::function<double(const rl::ScoreTable&)>& statistic) {
  return {.value = statistic(scores),
          .interval = rl::BootstrapInterval(scores, statistic, {.resamples = kResamples})};
}

// Probability that a run of `a` beats one of `b`.
Estimate Improvement(const rl::ScoreTable& a, const rl::ScoreTable& b) {
  const std::vector pair{a, b};
  const auto improvement = [](std::span<const rl::ScoreTable> drawn) {
    return std::vector{rl::ProbabilityOfImprovement(drawn[0], drawn[1])};
  };
  Estimate estimate{.value = improvement(pair)[0]};
  const auto intervals = rl::BootstrapIntervals(pair, improvement, {.resamples = kResamples});
  if (intervals) estimate.interval = intervals->front();
  return estimate;
}

std::vector<Estimate> Profile(const rl::ScoreTable& scores) {
  const std::vector<double> thresholds = ProfileThresholds();
  const auto bands = rl::BootstrapIntervals(std::span(&scores, 1),
                                            [&](std::span<const rl::ScoreTable> drawn) {
                                              return rl::PerformanceProfile(drawn[0], thresholds);
                                            },
                                            {.resamples = kCurveResamples});
  std::vector<Estimate> profile;
  for (const double share : rl::PerformanceProfile(scores, thresholds)) {
    const size_t place = profile.size();
    profile.push_back({.value = share});
    if (bands) profile.back().interval = (*bands)[place];
  }
  return profile;
}

AggregateFigures Aggregate(const TableFigures& table, const std::string& method) {
  const rl::ScoreTable scores = ScoresOf(table, method);
  AggregateFigures figures{.method = method};
  figures.mean = EstimateOf(scores, rl::MeanOfTasks);
  figures.interquartile_mean = EstimateOf(scores, rl::InterquartileMean);
  figures.optimality_gap =
      EstimateOf(scores, [](const rl::ScoreTable& drawn) { return rl::OptimalityGap(drawn); });
  if (method != table.methods[0]) {
    figures.beaten_by_first = Improvement(ScoresOf(table, table.methods[0]), scores);
  }
  figures.profile = Profile(scores);
  figures.best_by_budget = BestByBudget(table, method);
  return figures;
}

void CheckCell(const CellResult& cell, const CellResult& first) {
  const auto refuse = [&](const std::string& why) {
    throw std::invalid_argument("cell " + cell.cell.name() + " " + why + " " + first.cell.name() +
                                "; they cannot stand in one table");
  };
  const size_t rollouts = first.evaluations[0].returns[0].size();
  for (const CellEvaluation& evaluation : cell.evaluations) {
    const bool even = std::ranges::all_of(
        evaluation.returns, [&](const auto& chain) { return chain.size() == rollouts; });
    if (!even || evaluation.returns.size() != first.evaluations[0].returns.size()) {
      refuse("was evaluated by another number of chains or rollouts than");
    }
  }
  if (cell.cell.row == first.cell.row && cell.data_sha256 != first.data_sha256) {
    refuse("learned from other data than");
  }
}

void CheckCells(const std::vector<CellResult>& cells) {
  std::map<std::string, const CellResult*> first_of_row;
  for (const CellResult& cell : cells) {
    if (cell.evaluations.empty() || cell.evaluations[0].returns.empty() ||
        cell.evaluations[0].returns[0].empty()) {
      throw std::invalid_argument("cell " + cell.cell.name() + " holds no evaluation");
    }
    CheckCell(cell, cells[0]);
    CheckCell(cell, *first_of_row.try_emplace(cell.cell.row.name(), &cell).first->second);
  }
}

CostFigures CostsOf(const std::string& method, const std::vector<CellResult>& cells) {
  CostFigures costs{.method = method};
  for (const CellResult& cell : cells) {
    if (cell.cell.method != method) continue;
    ++costs.runs;
    costs.hours += cell.costs.seconds / 3600;
    costs.largest_memory_mib = std::max(costs.largest_memory_mib, cell.costs.peak_memory_mib);
  }
  costs.minutes_per_run = costs.hours * 60 / static_cast<double>(costs.runs);
  return costs;
}

TableRow RowNamed(const std::string& name) {
  const size_t at = name.find('@');
  return {.task = name.substr(0, at), .collector = name.substr(at + 1)};
}

// Methods and rows of the recipe that have cells, and what all cells share.
void Survey(const nlohmann::json& recipe, const std::vector<CellResult>& cells,
            TableFigures& table) {
  std::set<std::string> methods, rows, programs, machines;
  std::set<uint64_t> seeds, evaluation_seeds;
  for (const CellResult& cell : cells) {
    methods.insert(cell.cell.method);
    rows.insert(cell.cell.row.name());
    seeds.insert(cell.cell.seed);
    evaluation_seeds.insert(cell.evaluation_seed);
    programs.insert(cell.version + " (" + cell.commit + ")");
    machines.insert(cell.costs.machine);
  }
  table.title = recipe.at("title");
  for (const std::string method : recipe.at("methods")) {
    if (methods.contains(method)) table.methods.push_back(method);
  }
  table.seeds.assign(seeds.begin(), seeds.end());
  table.evaluation_seeds.assign(evaluation_seeds.begin(), evaluation_seeds.end());
  table.programs.assign(programs.begin(), programs.end());
  table.machines.assign(machines.begin(), machines.end());
  table.finished = std::ssize(cells);
  table.planned = static_cast<int64_t>(recipe.at("methods").size() * recipe.at("rows").size() *
                                       recipe.at("seeds").size());
  table.chains = std::ssize(cells[0].evaluations[0].returns);
  table.rollouts = std::ssize(cells[0].evaluations[0].returns[0]);
  for (const std::string name : recipe.at("rows")) {
    if (rows.contains(name)) {
      table.rows.push_back(FiguresOfRow(RowNamed(name), table.methods, cells));
    }
  }
}

}  // namespace

std::vector<const RowFigures*> PrintedRows(const TableFigures& table) {
  std::vector<const RowFigures*> rows;
  for (const RowFigures& row : table.rows) rows.push_back(&row);
  for (const RowFigures& mean : table.means) rows.push_back(&mean);
  return rows;
}

std::vector<double> ProfileThresholds() {
  std::vector<double> thresholds;
  for (int i = 0; i <= 20; ++i) thresholds.push_back(i / 20.0);
  return thresholds;
}

TableFigures WorkOut(const nlohmann::json& recipe, const std::vector<CellResult>& cells) {
  if (cells.empty()) throw std::logic_error("a table without finished cells has no figures");
  CheckCells(cells);
  TableFigures table;
  Survey(recipe, cells, table);
  table.means = MeansOverTargets(table.rows, table.methods);
  for (const RowFigures& row : table.rows) {
    if (row.methods.size() == table.methods.size()) table.aggregate_rows.push_back(row.row.name());
  }
  for (const std::string& method : table.methods) {
    if (!table.aggregate_rows.empty()) table.aggregates.push_back(Aggregate(table, method));
    table.costs.push_back(CostsOf(method, cells));
  }
  return table;
}

}  // namespace experiments
