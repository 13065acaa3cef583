// What a table consists of: rows (a task, learned from the data of one collector), methods and
// seeds. Their product are its cells, each of which is one training run.
//
// A recipe is a folder:
//
//   table.cfg        rows, methods, seeds and what holds for the table as a whole
//   common.cfg       options of `train` that all methods share: the evaluation's protocol
//   <method>.cfg     options of `train` of one method, the same for all rows
#ifndef EXPERIMENTS_REPRODUCE_TABLE_RECIPE_H_
#define EXPERIMENTS_REPRODUCE_TABLE_RECIPE_H_

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace experiments {

struct TableRow {
  std::string task;       // "walker_walk"
  std::string collector;  // "rnd"; kMadeHere: data that is made and not read

  std::string name() const { return task + "@" + collector; }
  bool operator==(const TableRow&) const = default;
};

// The collector of data that `reproduce` makes itself: cartpole, driven by a controller.
inline constexpr std::string_view kMadeHere = "controller";

struct Cell {
  TableRow row = {};
  std::string method = {};
  uint64_t seed = 0;

  // "walker_walk.rnd.at.s1": a file's name.
  std::string name() const;
  bool operator==(const Cell&) const = default;
};

struct TableRecipe {
  std::filesystem::path folder = {};
  std::string title = {};
  std::vector<TableRow> rows = {};
  std::vector<std::string> methods = {};
  std::vector<uint64_t> seeds = {};
  int64_t episodes = 0;  // of each dataset, from its first; 0: all. Made data: how many to make
  double timeout_hours = 0.0;  // of one cell; 0: none
  double budget = 0.0;         // bytes of memory a rank may use, for --plan; 0: any number
};

// Reads and checks a folder; throws std::invalid_argument that names file and place.
TableRecipe ReadTableRecipe(const std::filesystem::path& folder);

// All cells: the first seed of every row and method, then the second, so that a table that is cut
// short is a table with fewer seeds.
std::vector<Cell> Cells(const TableRecipe& recipe);

// Those that `only` chooses: "task,method,seed", where a part left out, or empty, stands for all
// and a task may be a row, "walker_walk@rnd". Throws UsageError when none is chosen.
std::vector<Cell> ChosenCells(const TableRecipe& recipe, const std::string& only);

// The whole recipe, files included: what makes two tables the same.
nlohmann::json ToJson(const TableRecipe& recipe);

}  // namespace experiments

#endif  // EXPERIMENTS_REPRODUCE_TABLE_RECIPE_H_
