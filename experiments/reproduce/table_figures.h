// Every figure of a table's report, worked out of its finished cells. Numbers only: how they look
// is others' business.
//
// Words. An evaluation is 20 chains (say) of n rollouts in one context; a protocol makes one number
// of each chain. A run's score is the mean of its last three evaluations: nobody picks a
// checkpoint. Its best evaluation, which flatters, and its very last are kept beside it.
// Normalised, a score is 0 for the random policy and 1 for the highest return possible.
#ifndef EXPERIMENTS_REPRODUCE_TABLE_FIGURES_H_
#define EXPERIMENTS_REPRODUCE_TABLE_FIGURES_H_

#include "experiments/reproduce/cell_result.h"
#include "experiments/reproduce/row_figures.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace experiments {

// Over all rows in which every method has a cell, normalised, under `last`.
struct AggregateFigures {
  std::string method = {};
  Estimate mean = {}, interquartile_mean = {}, optimality_gap = {};
  // Probability that a run of the table's first method beats one of this; nothing for itself.
  std::optional<Estimate> beaten_by_first = {};
  std::vector<Estimate> profile = {};       // share of runs above each of kThresholds
  std::vector<double> best_by_budget = {};  // expected best score of 1, 2, ... evaluated policies
};

struct CostFigures {
  std::string method = {};
  int64_t runs = 0;
  double hours = 0.0;  // of all runs
  double minutes_per_run = 0.0;
  double largest_memory_mib = 0.0;
};

struct TableFigures {
  std::string title;
  std::vector<std::string> methods;  // with at least one cell, in the recipe's order
  std::vector<uint64_t> seeds;       // that any cell has
  std::vector<RowFigures> rows;      // with at least one cell, in the recipe's order
  std::vector<RowFigures> means;     // over targets; printed with the rows, counted nowhere
  std::vector<AggregateFigures> aggregates;
  std::vector<std::string> aggregate_rows;  // names of the rows they are over
  int64_t finished = 0, planned = 0;        // cells
  int64_t chains = 0, rollouts = 0;         // of an evaluation
  std::vector<uint64_t> evaluation_seeds;   // one, if all cells met the same initial states
  std::vector<std::string> programs;        // version and commit of those that filled cells
  std::vector<CostFigures> costs;
  std::vector<std::string> machines;
};

// The rows, then the means.
std::vector<const RowFigures*> PrintedRows(const TableFigures& table);

// Thresholds of the performance profile: 0, 0.05, ..., 1.
std::vector<double> ProfileThresholds();

// REQUIRES: at least one cell. `recipe` is a table's table.json. Cells must agree on the shape of
// an evaluation, and runs of one row on their data; otherwise std::invalid_argument says which cell
// does not.
TableFigures WorkOut(const nlohmann::json& recipe, const std::vector<CellResult>& cells);

}  // namespace experiments

#endif  // EXPERIMENTS_REPRODUCE_TABLE_FIGURES_H_
