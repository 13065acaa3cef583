// `reproduce --plan`: what every cell of a table would take, before any is begun.
#ifndef EXPERIMENTS_COMMANDS_TABLE_PLAN_H_
#define EXPERIMENTS_COMMANDS_TABLE_PLAN_H_

#include "experiments/reproduce/table_recipe.h"
#include "ring/attention/ring_planner.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdio>
#include <string>

namespace experiments {

struct TablePlanOptions {
  std::string only = {};  // as ChosenCells() takes it
  double budget = 0.0;    // bytes a rank may use; 0: the recipe's, and if that is 0, any number
  ring::RingRates rates = {};  // operations and bytes a second of one rank
};

// A row per cell: task, collector, method, seed, ring_size, tokens, tokens_per_rank, parameters,
// bytes_per_rank, budget_bytes (null: any number), fits, seconds_per_update, train_steps, hours.
nlohmann::json TablePlanRows(const TableRecipe& recipe, const TablePlanOptions& options);

// A line per row and method: seeds take the same.
void PrintTablePlan(std::FILE* out, const nlohmann::json& rows);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_TABLE_PLAN_H_
