#include "experiments/benchmarks/ring_benchmark.h"

#include "experiments/benchmarks/alternation.h"
#include "experiments/benchmarks/ring_processes.h"
#include "experiments/benchmarks/ring_rank.h"
#include "experiments/machine.h"
#include "ring/attention/attention_plan.h"
#include "ring/attention/ring_memory.h"
#include "ring/layout/ring_schedule.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <stdexcept>

namespace experiments {
namespace {

constexpr int64_t kMemoryWindow = 256;

int64_t PositiveInteger(const std::string& word, const char* what) {
  int64_t value = 0;
  const char* end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || rest != end || value < 1) {
    throw std::invalid_argument("'" + word + "' is not a number of " + what);
  }
  return value;
}

// One line of the question: which ring, over what.
struct RingCase {
  std::string layout, transport;
  int ring_size;
  int64_t tokens;  // of the whole context
  int64_t window;
};

class Benchmark {
 public:
  explicit Benchmark(const RingBenchmarkOptions& options) : options_(options) {
    if (options_.key_heads == 0) options_.key_heads = options_.heads;
    ParseOperands(options_.dtype);
    for (const std::string& layout : options_.layouts) ring::ParseLayoutKind(layout);
  }

  nlohmann::json Run() {
    nlohmann::json rows = nlohmann::json::array();
    for (const RingCase& each : Cases()) {
      for (const nlohmann::json& row : options_.memory ? MeasureMemory(each) : Measure(each)) {
        rows.push_back(row);
      }
    }
    return rows;
  }

 private:
  std::vector<RingCase> Cases() const {
    std::vector<RingCase> cases;
    for (const std::string& tokens : options_.tokens) {
      for (const std::string& size : options_.ring_sizes) {
        const int64_t num_tokens = PositiveInteger(tokens, "tokens");
        const int ring_size = static_cast<int>(PositiveInteger(size, "ranks"));
        for (const std::string& transport : options_.transports) {
          if (options_.memory) {
            cases.push_back(
                {"striped", transport, ring_size, num_tokens * ring_size, kMemoryWindow});
            continue;
          }
          for (const std::string& layout : options_.layouts) {
            cases.push_back({layout, transport, ring_size, num_tokens, /*window=*/0});
          }
        }
      }
    }
    return cases;
  }

  RingProcesses Start(const RingCase& each, int num_ranks, int threads) const {
    return RingProcesses(
        {.program = options_.program,
         .arguments = {"--layout", each.layout, "--tokens", std::to_string(each.tokens), "--heads",
                       std::to_string(options_.heads), "--key-heads",
                       std::to_string(options_.key_heads), "--head-dim",
                       std::to_string(options_.head_dim), "--dtype", options_.dtype, "--window",
                       std::to_string(each.window), "--transport", each.transport, "--threads",
                       std::to_string(threads)},
         .num_ranks = num_ranks});
  }

  nlohmann::json MeasureMemory(const RingCase& each) const {
    RingProcesses ring = Start(each, each.ring_size, /*threads=*/1);
    nlohmann::json rows = nlohmann::json::array();
    AddPasses(each, /*threads=*/1, rows);
    AddMemory(ring, rows);
    return rows;
  }

  nlohmann::json Measure(const RingCase& each) const {
    const int threads = std::min(each.ring_size, DefaultThreads());
    RingProcesses ring = Start(each, each.ring_size, /*threads=*/1);
    RingProcesses alone = Start(each, /*num_ranks=*/1, threads);
    nlohmann::json rows = nlohmann::json::array();
    AddPasses(each, threads, rows);
    AddMemory(ring, rows);  // and so the ring is warm
    alone.Ask("attend");

    std::map<std::string, std::vector<double>> seconds;
    for (int turn = 0; turn < options_.repetitions; ++turn) {
      Record("one_process", alone.Ask("attend"), seconds);
      Record("ring", ring.Ask("attend"), seconds);
      Record("compute", ring.Ask("compute"), seconds);
      Record("communication", ring.Ask("communicate"), seconds);
    }
    const auto median = [&](const std::string& name) { return Summarize(seconds[name])->median; };
    for (nlohmann::json& row : rows) {
      const std::string pass = "_" + row["pass"].get<std::string>();
      for (const char* system : {"one_process", "ring", "compute", "communication"}) {
        row[std::string(system) + "_s"] = median(system + pass);
      }
      row["efficiency"] = row["one_process_s"].get<double>() / row["ring_s"].get<double>();
      row["one_process_cpu_s"] = median("one_process_cpu");
      row["ring_cpu_s"] = median("ring_cpu");
    }
    return rows;
  }

  // Rank 0's seconds, which end when all ranks are done, and all ranks' processor seconds.
  static void Record(const std::string& system, const std::vector<nlohmann::json>& answers,
                     std::map<std::string, std::vector<double>>& seconds) {
    const double forward_s = answers[0]["forward_s"], backward_s = answers[0]["backward_s"];
    double cpu_s = 0;
    for (const nlohmann::json& answer : answers) cpu_s += answer["cpu_s"].get<double>();
    seconds[system + "_forward"].push_back(forward_s);
    seconds[system + "_backward"].push_back(backward_s);
    seconds[system + "_both"].push_back(forward_s + backward_s);
    seconds[system + "_cpu"].push_back(cpu_s);
  }

  void AddPasses(const RingCase& each, int threads, nlohmann::json& rows) const {
    for (const char* pass : {"forward", "backward", "both"}) {
      rows.push_back({{"layout", each.layout},
                      {"ring_size", each.ring_size},
                      {"transport", each.transport},
                      {"tokens", each.tokens},
                      {"heads", options_.heads},
                      {"key_heads", options_.key_heads},
                      {"head_dim", options_.head_dim},
                      {"dtype", options_.dtype},
                      {"pass", pass},
                      {"threads", threads},
                      {"bound", Bound(each)},
                      {"one_process_s", nullptr},
                      {"ring_s", nullptr},
                      {"compute_s", nullptr},
                      {"communication_s", nullptr},
                      {"efficiency", nullptr},
                      {"one_process_cpu_s", nullptr},
                      {"ring_cpu_s", nullptr}});
    }
  }

  static void AddMemory(RingProcesses& ring, nlohmann::json& rows) {
    int64_t forward = 0, backward = 0;
    int64_t expected_forward = 0, expected_backward = 0;
    for (const nlohmann::json& answer : ring.Ask("memory")) {
      forward = std::max(forward, answer["forward_bytes"].get<int64_t>());
      backward = std::max(backward, answer["backward_bytes"].get<int64_t>());
      expected_forward = std::max(expected_forward, answer["forward_formula"].get<int64_t>());
      expected_backward = std::max(expected_backward, answer["backward_formula"].get<int64_t>());
    }
    for (nlohmann::json& row : rows) {
      const bool is_forward = row["pass"] == "forward";
      row["peak_bytes_per_rank"] = is_forward ? forward : backward;
      row["formula_bytes_per_rank"] = is_forward ? expected_forward : expected_backward;
    }
  }

  // The mean of the ranks' work over the largest.
  static double Bound(const RingCase& each) {
    const ring::SequenceLayout layout =
        ring::SequenceLayout::Make(ring::ParseLayoutKind(each.layout), each.tokens, each.ring_size);
    const ring::RingSchedule schedule({.window = each.window}, layout, layout);
    int64_t sum = 0, most = 0;
    for (int rank = 0; rank < each.ring_size; ++rank) {
      sum += schedule.Pairs(rank);
      most = std::max(most, schedule.Pairs(rank));
    }
    return static_cast<double>(sum) / static_cast<double>(most * each.ring_size);
  }

  RingBenchmarkOptions options_;
};

}  // namespace

nlohmann::json BenchmarkRing(const RingBenchmarkOptions& options) {
  return Benchmark(options).Run();
}

}  // namespace experiments
