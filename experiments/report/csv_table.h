// Columns of numbers from a CSV file with a header row, as a run folder's train.csv and eval.csv.
#ifndef EXPERIMENTS_REPORT_CSV_TABLE_H_
#define EXPERIMENTS_REPORT_CSV_TABLE_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace experiments {

class CsvTable {
 public:
  // An empty table when there is no such file. Throws std::invalid_argument that names file and
  // line for a row of another length and a cell that is neither a number nor empty.
  static CsvTable Read(const std::filesystem::path& path);

  // Same from text; `name` stands for the file in messages.
  static CsvTable Parse(std::string_view text, const std::string& name);

  // One value per row, NaN for an empty cell; no values when there is no such column.
  const std::vector<double>& Column(const std::string& name) const;

  const std::vector<std::string>& header() const { return header_; }
  size_t num_rows() const { return columns_.empty() ? 0 : columns_[0].size(); }

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<double>> columns_;
  std::vector<double> none_;
};

}  // namespace experiments

#endif  // EXPERIMENTS_REPORT_CSV_TABLE_H_
