#include "rl/train/metrics_log.h"

#include "rl/train/durable_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <utility>

namespace rl {
namespace {

// The shortest decimal that reads back as the same number.
std::string FormatCell(double value) {
  if (!std::isfinite(value)) return "";
  std::array<char, 32> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

std::vector<std::string> SplitLine(const std::string& line) {
  std::vector<std::string> cells;
  size_t begin = 0;
  for (size_t comma = line.find(','); comma != std::string::npos; comma = line.find(',', begin)) {
    cells.push_back(line.substr(begin, comma - begin));
    begin = comma + 1;
  }
  cells.push_back(line.substr(begin));
  return cells;
}

std::string JoinLine(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) line += (line.empty() ? "" : ",") + cell;
  return line + "\n";
}

std::optional<int64_t> ParseStep(const std::string& cell) {
  int64_t step = 0;
  const char* end = cell.data() + cell.size();
  const auto [stop, error] = std::from_chars(cell.data(), end, step);
  if (error != std::errc() || stop != end) return std::nullopt;
  return step;
}

}  // namespace

MetricsLog::MetricsLog(std::filesystem::path path, int64_t resume_step) : path_(std::move(path)) {
  if (std::filesystem::exists(path_)) Load(resume_step);
}

void MetricsLog::Load(int64_t resume_step) {
  std::ifstream file(path_);
  std::string line;
  if (!std::getline(file, line) || SplitLine(line)[0] != "train_step") {
    throw std::invalid_argument(
        path_.string() + " is not a log of this program: its first column is not train_step");
  }
  columns_ = SplitLine(line);
  while (std::getline(file, line)) {
    std::vector<std::string> cells = SplitLine(line);
    const std::optional<int64_t> step = ParseStep(cells[0]);
    // A process killed while writing leaves at most one torn line, the last.
    if (!step || cells.size() != columns_.size() || file.eof()) break;
    if (*step > resume_step) break;
    last_step_ = *step;
    rows_.push_back(std::move(cells));
  }
  Rewrite();
}

void MetricsLog::Rewrite() const {
  std::string text = JoinLine(columns_);
  for (const std::vector<std::string>& row : rows_) text += JoinLine(row);
  WriteFileDurably(path_, text);
}

std::vector<std::pair<int64_t, double>> MetricsLog::Curve(const std::string& name) const {
  std::vector<std::pair<int64_t, double>> curve;
  const auto column = std::find(columns_.begin(), columns_.end(), name) - columns_.begin();
  if (column == std::ssize(columns_)) return curve;
  for (const std::vector<std::string>& row : rows_) {
    const std::string& cell = row[static_cast<size_t>(column)];
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error == std::errc()) curve.emplace_back(ParseStep(row[0]).value(), value);
  }
  return curve;
}

bool MetricsLog::AddColumns(const Metrics& metrics) {
  const size_t before = columns_.size();
  for (const auto& [name, value] : metrics) {
    if (std::find(columns_.begin(), columns_.end(), name) == columns_.end()) {
      columns_.push_back(name);
    }
  }
  for (std::vector<std::string>& row : rows_) row.resize(columns_.size());
  return columns_.size() > before;
}

void MetricsLog::Append(int64_t train_step, const Metrics& metrics) {
  if (train_step <= last_step_) {
    throw std::logic_error("a log's steps must ascend: " + std::to_string(train_step) + " after " +
                           std::to_string(last_step_));
  }
  const bool widened = AddColumns(metrics);
  std::vector<std::string> row(columns_.size());
  row[0] = std::to_string(train_step);
  for (const auto& [name, value] : metrics) {
    const auto column = std::find(columns_.begin(), columns_.end(), name);
    row[static_cast<size_t>(column - columns_.begin())] = FormatCell(value);
  }
  rows_.push_back(row);
  last_step_ = train_step;
  if (widened || rows_.size() == 1) return Rewrite();
  std::ofstream file(path_, std::ios::app);
  file << JoinLine(row) << std::flush;
  if (!file) throw std::runtime_error("cannot write " + path_.string() + ": is the disk full?");
}

}  // namespace rl
