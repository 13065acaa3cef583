#include "experiments/benchmarks/context_benchmark.h"

#include "experiments/benchmarks/peer_process.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace experiments {
namespace {

// One way to compute attention.
struct Way {
  std::string method;
  int ring_size = 1;
};

std::vector<Way> Ways(const ContextBenchmarkOptions& options) {
  std::vector<Way> ways{{"vanilla"}, {"memory-efficient"}, {"blockwise"}};
  for (const int size : options.ring_sizes) ways.push_back({"ring", size});
  return ways;
}

// What the child printed: out of memory (1 or 0), seconds, peak bytes; none when it failed.
std::vector<double> Try(const ContextBenchmarkOptions& options, const Way& way, int64_t tokens,
                        int64_t budget_bytes) {
  const ContextStepOptions& step = options.step;
  return MeasurePeer(
      options.program, "bench",
      {"context-step", "--method=" + way.method, "--tokens=" + std::to_string(tokens),
       "--layers=" + std::to_string(step.layers), "--heads=" + std::to_string(step.heads),
       "--dim=" + std::to_string(step.dim), "--budget=" + std::to_string(budget_bytes),
       "--threads=" + std::to_string(options.threads),
       "--ring-size=" + std::to_string(way.ring_size)},
      /*count=*/3);
}

// What a rank holds without a context to speak of.
int64_t BaseBytes(const ContextBenchmarkOptions& options) {
  constexpr int64_t kFewTokens = 64;
  const std::vector<double> figures = Try(options, {"blockwise"}, kFewTokens, /*budget_bytes=*/0);
  if (figures.empty()) {
    throw std::runtime_error("a context of " + std::to_string(kFewTokens) +
                             " tokens does not train; try `ringrl bench context-step`");
  }
  return static_cast<int64_t>(figures[2]);
}

class ContextBenchmark {
 public:
  explicit ContextBenchmark(const ContextBenchmarkOptions& options)
      : options_(options), base_bytes_(BaseBytes(options)) {}

  // All lengths of one way, the shortest first.
  nlohmann::json RowsOf(const Way& way) const {
    nlohmann::json rows = nlohmann::json::array();
    int64_t longest = 0;
    bool too_long = false;
    for (const int64_t trajectories : options_.trajectories) {
      nlohmann::json row = Row(way, trajectories, too_long);
      too_long = too_long || row["trains"] == false;
      if (row["trains"] == true) longest = row["tokens"];
      rows.push_back(row);
    }
    for (nlohmann::json& row : rows) row["longest_tokens"] = longest;
    return rows;
  }

 private:
  nlohmann::json Row(const Way& way, int64_t trajectories, bool too_long) const {
    const int64_t budget = options_.step.budget_bytes;
    ContextStepOptions step = options_.step;
    step.method = way.method;
    step.tokens = trajectories * options_.trajectory_tokens;
    const int64_t predicted = base_bytes_ + PredictContextBytes(step, way.ring_size);
    nlohmann::json row = {{"method", way.method},
                          {"ring_size", way.ring_size},
                          {"trajectories", trajectories},
                          {"tokens", step.tokens},
                          {"budget_bytes_per_rank", budget},
                          {"trains", too_long ? nlohmann::json(false) : nlohmann::json()},
                          {"peak_bytes_per_rank", nullptr},
                          {"step_s", nullptr},
                          {"predicted_bytes_per_rank", predicted},
                          {"predicted_trains", predicted <= budget}};
    if (too_long) return row;
    const std::vector<double> figures = Try(options_, way, step.tokens, budget);
    if (figures.empty()) return row;
    // The limit is on private memory; what ranks share counts too.
    row["trains"] = figures[0] == 0 && figures[2] <= static_cast<double>(budget);
    if (row["trains"] == true) {
      row["step_s"] = figures[1];
      row["peak_bytes_per_rank"] = static_cast<int64_t>(figures[2]);
    }
    return row;
  }

  const ContextBenchmarkOptions& options_;
  int64_t base_bytes_;
};

}  // namespace

nlohmann::json BenchmarkContext(const ContextBenchmarkOptions& options) {
  if (!std::ranges::is_sorted(options.trajectories)) {
    throw std::invalid_argument("numbers of trajectories must ascend");
  }
  const ContextBenchmark benchmark(options);
  nlohmann::json rows = nlohmann::json::array();
  for (const Way& way : Ways(options)) {
    for (const nlohmann::json& row : benchmark.RowsOf(way)) rows.push_back(row);
  }
  return rows;
}

}  // namespace experiments
