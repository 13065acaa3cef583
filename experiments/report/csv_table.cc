#include "experiments/report/csv_table.h"

#include "datasets/replacement_file.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <stdexcept>

namespace experiments {
namespace {

std::vector<std::string_view> SplitCells(std::string_view line) {
  std::vector<std::string_view> cells;
  for (size_t comma = line.find(','); comma != std::string_view::npos; comma = line.find(',')) {
    cells.push_back(line.substr(0, comma));
    line.remove_prefix(comma + 1);
  }
  cells.push_back(line);
  return cells;
}

double ParseCell(std::string_view cell, const std::string& place) {
  if (cell.empty()) return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const char* const end = cell.data() + cell.size();
  const auto [stop, error] = std::from_chars(cell.data(), end, value);
  if (error != std::errc() || stop != end) {
    throw std::invalid_argument(place + ": '" + std::string(cell) + "' is not a number");
  }
  return value;
}

}  // namespace

CsvTable CsvTable::Read(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return {};
  const std::vector<std::byte> bytes = datasets::ReadWholeFile(path);
  return Parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

CsvTable CsvTable::Parse(std::string_view text, const std::string& name) {
  CsvTable table;
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::vector<std::string_view> cells = SplitCells(line);
    if (number == 1) {
      table.header_.assign(cells.begin(), cells.end());
      table.columns_.resize(cells.size());
      continue;
    }
    const std::string place = name + ":" + std::to_string(number);
    if (cells.size() != table.columns_.size()) {
      throw std::invalid_argument(place + ": " + std::to_string(cells.size()) +
                                  " cells, but the header has " +
                                  std::to_string(table.columns_.size()));
    }
    for (size_t column = 0; column < cells.size(); ++column) {
      table.columns_[column].push_back(ParseCell(cells[column], place));
    }
  }
  return table;
}

const std::vector<double>& CsvTable::Column(const std::string& name) const {
  const auto found = std::ranges::find(header_, name);
  if (found == header_.end()) return none_;
  return columns_[static_cast<size_t>(found - header_.begin())];
}

}  // namespace experiments
