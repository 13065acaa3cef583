// What a run folder says about its run, read back for a report. Nothing is required but
// config.json: a run that is still going, or was stopped early, has a report too.
#ifndef EXPERIMENTS_REPORT_RUN_LOG_H_
#define EXPERIMENTS_REPORT_RUN_LOG_H_

#include "experiments/report/csv_table.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace experiments {

// Returns of the episodes trained on, for the task trained for: dataset.json.
struct DataReturns {
  int64_t num_episodes = 0;
  double min = 0;
  double median = 0;
  double mean = 0;
  double max = 0;
  std::vector<int64_t> histogram = {};  // episodes in kReturnBins equal bins from min to max
};

inline constexpr int64_t kReturnBins = 20;

// One way to make a number of a chain's rollouts.
struct ProtocolResult {
  double mean = 0;
  double standard_error = 0;
  double normalized = 0;
};

inline constexpr std::array<std::string_view, 4> kProtocolNames = {"first", "last", "mean", "max"};

struct EvaluationLog {
  std::array<ProtocolResult, 4> protocols;   // in the order of kProtocolNames
  std::vector<std::vector<double>> returns;  // by chain, then by rollout
  double random_return = 0;                  // 0 on the normalized scale
  double expert_return = 0;                  // 1 on it
};

// A picture that `evaluate --contact-sheet` has put into the run's folder videos/.
struct Picture {
  std::string name;  // the file's, without .png
  std::vector<std::byte> png;
};

struct RunLog {
  std::filesystem::path folder;
  std::string task;
  std::string algorithm;
  nlohmann::json config;       // flat: dotted name to value
  nlohmann::json environment;  // null when the file is missing
  CsvTable train;
  CsvTable eval;
  std::optional<EvaluationLog> evaluation;
  std::optional<DataReturns> data_returns;
  std::vector<Picture> pictures;  // in the order of their names

  std::string name() const;  // the folder's own name
};

// Throws std::invalid_argument naming the file that is missing or cannot be understood.
RunLog ReadRun(const std::filesystem::path& folder);

// Statistics of episode returns. REQUIRES: at least one.
DataReturns SummarizeReturns(std::vector<double> returns);
nlohmann::json ToJson(const DataReturns& returns);
DataReturns DataReturnsFromJson(const nlohmann::json& summary);

}  // namespace experiments

#endif  // EXPERIMENTS_REPORT_RUN_LOG_H_
