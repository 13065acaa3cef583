// Cells of a small table, made by hand: two rows, two methods, three seeds, four evaluations of two
// chains of two rollouts.
#ifndef TESTS_EXPERIMENTS_REPRODUCE_TINY_TABLE_H_
#define TESTS_EXPERIMENTS_REPRODUCE_TINY_TABLE_H_

#include "experiments/reproduce/cell_result.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace tests {

inline nlohmann::json TinyRecipe() {
  return {{"title", "A tiny table"},
          {"rows", {"walker_walk@rnd", "cartpole_swingup@controller"}},
          {"methods", {"at", "bc"}},
          {"seeds", {1, 2, 3}}};
}

// In every evaluation the second chain returns 10 more than the first, and the second rollout
// `gain` more than the first. Evaluations rise by 100, the first rollout of the first chain from
// `start`.
inline experiments::CellResult TinyCell(const std::string& task, const std::string& collector,
                                        const std::string& method, uint64_t seed, double start,
                                        double gain) {
  experiments::CellResult result;
  result.cell = {.row = {.task = task, .collector = collector}, .method = method, .seed = seed};
  result.algorithm = method;
  result.random_return = 0;
  result.highest_return = 1000;
  result.reference_source = "0: by hand; 1: by hand";
  result.data = experiments::SummarizeReturns({10, 20, 500});
  result.data_sha256 = std::string(64, 'a');
  result.reward_source = "rewards";
  result.train_steps = 40;
  for (int i = 0; i < 4; ++i) {
    const double first = start + 100 * i;
    result.evaluations.push_back(
        {.train_step = 10 * (i + 1),
         .returns = {{first, first + gain}, {first + 10, first + 10 + gain}}});
  }
  result.version = "0.1.0";
  result.commit = "abc";
  result.config = {{"model.layers", 3}};
  result.costs = {.seconds = 90,
                  .peak_memory_mib = 512,
                  .threads = 2,
                  .machine = "A CPU, 2 cores",
                  .date = "2026-01-31T12:00:00Z"};
  return result;
}

// at gains 50 from rollout to rollout and starts at 200 + seed in the first row, bc gains nothing
// and starts at 150 + seed; in the second row both are 100 lower.
inline std::vector<experiments::CellResult> TinyCells() {
  std::vector<experiments::CellResult> cells;
  for (const uint64_t seed : {1, 2, 3}) {
    const auto s = static_cast<double>(seed);
    cells.push_back(TinyCell("walker_walk", "rnd", "at", seed, 200 + s, 50));
    cells.push_back(TinyCell("walker_walk", "rnd", "bc", seed, 150 + s, 0));
    cells.push_back(TinyCell("cartpole_swingup", "controller", "at", seed, 100 + s, 50));
    cells.push_back(TinyCell("cartpole_swingup", "controller", "bc", seed, 50 + s, 0));
  }
  return cells;
}

// The folder that `reproduce` would have left, without runs.
inline void WriteTinyTable(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "cells");
  std::ofstream(folder / "table.json") << TinyRecipe();
  for (const experiments::CellResult& cell : TinyCells()) {
    std::ofstream(folder / "cells" / (cell.cell.name() + ".json")) << ToJson(cell);
  }
}

}  // namespace tests

#endif  // TESTS_EXPERIMENTS_REPRODUCE_TINY_TABLE_H_
