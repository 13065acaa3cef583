// Learning curves as CSV: train_step, then one column per metric.
//
//   train_step,loss,gradient_norm
//   50,0.31,1.2
//   100,0.28,
//
// A metric that turns up late gets a column of its own, a missing or undefined one an empty cell.
// Numbers are printed so that they read back exactly.
#ifndef RL_TRAIN_METRICS_LOG_H_
#define RL_TRAIN_METRICS_LOG_H_

#include "rl/agents/algorithm.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace rl {

class MetricsLog {
 public:
  // Continues the file if there is one, without the rows after `resume_step`: those steps are about
  // to be made again. Throws std::invalid_argument when the file is not such a log.
  MetricsLog(std::filesystem::path path, int64_t resume_step);

  // Adds a row and hands it to the system before returning. Steps must ascend.
  void Append(int64_t train_step, const Metrics& metrics);

  // The metric called `name` over the steps, without empty cells.
  std::vector<std::pair<int64_t, double>> Curve(const std::string& name) const;

  // Train step of the newest row; -1 before the first.
  int64_t last_step() const { return last_step_; }

 private:
  void Load(int64_t resume_step);
  void Rewrite() const;
  bool AddColumns(const Metrics& metrics);

  std::filesystem::path path_;
  std::vector<std::string> columns_{"train_step"};
  std::vector<std::vector<std::string>> rows_;
  int64_t last_step_ = -1;
};

}  // namespace rl

#endif  // RL_TRAIN_METRICS_LOG_H_
