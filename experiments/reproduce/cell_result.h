// A finished cell as one small text file: every figure of a table is made of these, so that they
// can be copied, continued with and checked anywhere.
//
//   cell         task, collector, method, seed
//   task         what 0 and 1 mean on the normalised scale, and who says so
//   data         hash of the content, where the rewards come from, how returns spread
//   evaluations  train_step and the return of every rollout, by chain, to a thousandth
//   program      version and commit
//   config       every option of the run
//   costs        seconds, peak memory, threads, machine, date: what differs from run to run
//
// A file is written whole or not at all, and only for a run that reached its last step.
#ifndef EXPERIMENTS_REPRODUCE_CELL_RESULT_H_
#define EXPERIMENTS_REPRODUCE_CELL_RESULT_H_

#include "experiments/report/run_log.h"
#include "experiments/reproduce/table_recipe.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace experiments {

// One evaluation during training.
struct CellEvaluation {
  int64_t train_step = 0;
  std::vector<std::vector<double>> returns = {};  // by chain, then by rollout
};

struct CellCosts {
  double seconds = 0.0;          // of all attempts that ended in order
  double peak_memory_mib = 0.0;  // of the training process
  int64_t threads = 0;
  std::string machine = {}, date = {};
};

struct CellResult {
  Cell cell = {};
  std::string algorithm = {};

  double random_return = 0.0;   // 0 on the normalised scale
  double highest_return = 0.0;  // 1 on it
  std::string reference_source = {};

  DataReturns data = {};
  std::string data_sha256 = {};
  std::string reward_source = {};

  uint64_t evaluation_seed = 0;
  int64_t train_steps = 0;
  std::vector<CellEvaluation> evaluations = {};  // at least one, in the order of training

  std::string version = {}, commit = {};
  nlohmann::json config = {};
  CellCosts costs = {};
};

nlohmann::json ToJson(const CellResult& result);
// Throws nlohmann's exceptions for what is not a cell.
CellResult CellFromJson(const nlohmann::json& json);

// Every finished cell of a table's folder (cells/*.json), in the order of their names.
// Throws std::invalid_argument naming a file that is not one.
std::vector<CellResult> ReadCells(const std::filesystem::path& table);

// The result of a run that has reached its last step; seconds are left 0. Throws
// std::invalid_argument when the folder is not such a run.
CellResult ResultOfRun(const Cell& cell, const std::filesystem::path& run);

}  // namespace experiments

#endif  // EXPERIMENTS_REPRODUCE_CELL_RESULT_H_
