#include "experiments/reproduce/table_report.h"

#include "datasets/replacement_file.h"
#include "experiments/reproduce/cell_result.h"
#include "experiments/reproduce/table_figures.h"
#include "experiments/reproduce/table_page.h"
#include "experiments/reproduce/table_run.h"
#include "experiments/reproduce/table_text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string_view>

namespace experiments {
namespace {

namespace fs = std::filesystem;

std::string ReadText(const fs::path& path) {
  const std::vector<std::byte> bytes = datasets::ReadWholeFile(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// As much of a long line as shows where it begins to differ from `other`.
std::string Around(std::string_view line, std::string_view other) {
  const auto [place, unused] = std::ranges::mismatch(line, other);
  const auto begin = std::max<std::ptrdiff_t>(0, place - line.begin() - 30);
  return "'" + std::string(line.substr(static_cast<size_t>(begin), 60)) + "'";
}

// Where two texts first differ, as a sentence about `file`.
std::string FirstDifference(const fs::path& file, std::string_view printed,
                            std::string_view right) {
  for (int line = 1;; ++line) {
    const std::string_view a = printed.substr(0, printed.find('\n'));
    const std::string_view b = right.substr(0, right.find('\n'));
    if (a != b || a.size() == printed.size() || b.size() == right.size()) {
      return file.string() + ":" + std::to_string(line) + " says " + Around(a, b) +
             ", its cells say " + Around(b, a);
    }
    printed.remove_prefix(a.size() + 1);
    right.remove_prefix(b.size() + 1);
  }
}

// What a run of another time may take differently.
nlohmann::json WithoutCosts(const CellResult& cell) {
  nlohmann::json json = ToJson(cell);
  json.erase("costs");
  return json;
}

// Empty when the cell is what its run folder says, or the folder is gone.
std::string CellDifference(const fs::path& folder, const CellResult& cell) {
  const fs::path run = RunOfCell(folder, cell.cell);
  if (run.empty()) return {};
  const nlohmann::json written = WithoutCosts(cell);
  const nlohmann::json right = WithoutCosts(ResultOfRun(cell.cell, run));
  if (written == right) return {};
  const nlohmann::json difference = nlohmann::json::diff(written, right)[0];
  return (folder / "cells" / (cell.cell.name() + ".json")).string() + ": " +
         difference.at("path").get<std::string>() + " is not what " + run.string() + " says, " +
         difference.value("value", nlohmann::json()).dump();
}

}  // namespace

bool IsTable(const fs::path& folder) { return fs::exists(folder / "table.json"); }

std::map<std::string, std::string> RenderTableReport(const fs::path& folder) {
  const std::vector<CellResult> cells = ReadCells(folder);
  if (cells.empty()) {
    throw std::invalid_argument(folder.string() +
                                " has no finished cell yet; `ringrl reproduce` "
                                "with --output " +
                                folder.string() + " continues it");
  }
  const TableFigures table = WorkOut(nlohmann::json::parse(ReadText(folder / "table.json")), cells);
  return {{"report.html", TablePage(table)}, {"report.md", TableMarkdown(table)},
          {"report.tex", TableLatex(table)}, {"table.csv", TableCsv(table)},
          {"scores.csv", ScoresCsv(table)},  {"aggregates.csv", AggregatesCsv(table)},
          {"costs.csv", CostsCsv(table)}};
}

void WriteTableReport(const fs::path& folder) {
  for (const auto& [name, text] : RenderTableReport(folder)) {
    datasets::WriteWholeFile(folder / name, std::as_bytes(std::span(text)));
  }
}

std::vector<std::string> CheckTableReport(const fs::path& folder) {
  std::vector<std::string> differences;
  for (const CellResult& cell : ReadCells(folder)) {
    const std::string difference = CellDifference(folder, cell);
    if (!difference.empty()) differences.push_back(difference);
  }
  for (const auto& [name, right] : RenderTableReport(folder)) {
    const fs::path file = folder / name;
    if (!fs::exists(file)) {
      differences.push_back(file.string() + " is missing");
    } else if (const std::string printed = ReadText(file); printed != right) {
      differences.push_back(FirstDifference(file, printed, right));
    }
  }
  return differences;
}

}  // namespace experiments
