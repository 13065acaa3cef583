#include "experiments/reproduce/table_recipe.h"

#include "datasets/catalog.h"
#include "datasets/replacement_file.h"
#include "experiments/options/option_set.h"
#include "experiments/options/usage_error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace experiments {
namespace {

std::string TextOfFile(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = datasets::ReadWholeFile(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> parts{""};
  for (const char letter : text) {
    if (letter == ',') {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

TableRow ParseRow(const std::string& text, const std::filesystem::path& file) {
  const size_t at = text.find('@');
  if (at == std::string::npos || at == 0 || at + 1 == text.size()) {
    throw std::invalid_argument(file.string() + ": row = " + text +
                                " is not a task and a collector, as walker_walk@rnd");
  }
  TableRow row{.task = text.substr(0, at), .collector = text.substr(at + 1)};
  const datasets::TaskInfo& task = datasets::FindTask(row.task);
  if (row.collector == kMadeHere && task.domain != "cartpole") {
    throw std::invalid_argument(file.string() + ": row = " + text +
                                ": only cartpole's data can be made here");
  }
  return row;
}

uint64_t ParseSeed(const std::string& text, const std::filesystem::path& file) {
  uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument(file.string() + ": seeds: '" + text + "' is not a whole number");
  }
  return seed;
}

void CheckFiles(const TableRecipe& recipe) {
  std::vector<std::string> needed = recipe.methods;
  needed.emplace_back("common");
  for (const std::string& name : needed) {
    const std::filesystem::path path = recipe.folder / (name + ".cfg");
    if (!std::filesystem::exists(path)) {
      throw std::invalid_argument(path.string() + " is missing; table.cfg needs it");
    }
  }
}

}  // namespace

std::string Cell::name() const {
  return row.task + "." + row.collector + "." + method + ".s" + std::to_string(seed);
}

TableRecipe ReadTableRecipe(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "table.cfg";
  TableRecipe recipe{.folder = folder};
  std::vector<std::string> rows, seeds;
  OptionSet set("reproduce", "a table");
  set.Add("title", &recipe.title, "what the table shows, for its heading");
  set.Add("row", &rows, "task@collector, one a line");
  set.Add("methods", &recipe.methods, "columns, each with a file of train's options");
  set.Add("seeds", &seeds, "seeds of training");
  set.Add("episodes", &recipe.episodes, "episodes to take of each dataset, from its first; 0: all");
  set.Add("timeout_hours", &recipe.timeout_hours, "longest time of one cell; 0: any");
  set.Add("budget", &recipe.budget, "bytes of memory of a rank, for --plan; 0: any number");
  set.Parse(std::array{"--config=" + file.string()});
  if (rows.empty() || recipe.methods.empty() || seeds.empty()) {
    throw std::invalid_argument(file.string() + " must name rows, methods and seeds");
  }
  for (const std::string& row : rows) recipe.rows.push_back(ParseRow(row, file));
  for (const std::string& seed : seeds) recipe.seeds.push_back(ParseSeed(seed, file));
  CheckFiles(recipe);
  return recipe;
}

std::vector<Cell> Cells(const TableRecipe& recipe) {
  std::vector<Cell> cells;
  for (const uint64_t seed : recipe.seeds) {
    for (const TableRow& row : recipe.rows) {
      for (const std::string& method : recipe.methods) {
        cells.push_back({.row = row, .method = method, .seed = seed});
      }
    }
  }
  return cells;
}

std::vector<Cell> ChosenCells(const TableRecipe& recipe, const std::string& only) {
  std::vector<std::string> parts = SplitAtCommas(only);
  if (parts.size() > 3) throw UsageError("--only takes task,method,seed, not '" + only + "'");
  parts.resize(3);
  std::vector<Cell> chosen = Cells(recipe);
  const auto differs = [](const std::string& wanted, const std::string& value) {
    return !wanted.empty() && wanted != value;
  };
  std::erase_if(chosen, [&](const Cell& cell) {
    return (differs(parts[0], cell.row.task) && differs(parts[0], cell.row.name())) ||
           differs(parts[1], cell.method) || differs(parts[2], std::to_string(cell.seed));
  });
  if (chosen.empty()) {
    throw UsageError("--only '" + only + "' chooses no cell; rows, methods and seeds are in " +
                     (recipe.folder / "table.cfg").string());
  }
  return chosen;
}

nlohmann::json ToJson(const TableRecipe& recipe) {
  nlohmann::json json = {{"title", recipe.title},
                         {"methods", recipe.methods},
                         {"seeds", recipe.seeds},
                         {"episodes", recipe.episodes}};
  for (const TableRow& row : recipe.rows) json["rows"].push_back(row.name());
  json["files"]["common"] = TextOfFile(recipe.folder / "common.cfg");
  for (const std::string& method : recipe.methods) {
    json["files"][method] = TextOfFile(recipe.folder / (method + ".cfg"));
  }
  return json;
}

}  // namespace experiments
