// Fills a table: one run of `train` per cell, as many side by side as wanted, continued where an
// earlier call was stopped.
//
//   OUTPUT/table.json        the recipe, so that nobody continues another table by mistake
//   OUTPUT/jobs.txt          every cell, in the order of their turn
//   OUTPUT/cells/<cell>.json a finished cell (cell_result.h)
//   OUTPUT/attempts.csv      what each attempt at a cell took and how it ended
//   OUTPUT/runs/<cell>/      its run folder, from which an unfinished cell continues
//   OUTPUT/logs/<cell>.log   what its run said
//   OUTPUT/data/             datasets that were imported or made
//
// The folder may be copied to another machine and continued there.
#ifndef EXPERIMENTS_REPRODUCE_TABLE_RUN_H_
#define EXPERIMENTS_REPRODUCE_TABLE_RUN_H_

#include "experiments/reproduce/table_data.h"
#include "experiments/reproduce/table_recipe.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace experiments {

struct TableRunOptions {
  TableDataOptions data;  // .output is the table's folder, .num_threads those of all jobs together
  std::string only = {};  // the cells to fill, as ChosenCells() takes them; empty: all
  int num_jobs = 1;
  std::function<bool()> should_stop = {};
  std::function<void(const std::string& line)> say = {};  // how it goes, a line at a time
};

struct TableRunResult {
  int64_t finished = 0;  // of the cells chosen, before and now
  int64_t chosen = 0;
  std::vector<std::string> failures;  // a sentence per cell that failed
};

// Throws std::invalid_argument when the folder holds another table or is in use, or data is
// missing.
TableRunResult RunTable(const TableRecipe& recipe, const TableRunOptions& options);

// The newest run folder of a cell that can be continued, or was finished; empty: none.
std::filesystem::path RunOfCell(const std::filesystem::path& table, const Cell& cell);

}  // namespace experiments

#endif  // EXPERIMENTS_REPRODUCE_TABLE_RUN_H_
