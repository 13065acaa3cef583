// Which ways to compute attention train how many trajectories within a budget of memory per rank:
// tried, each in processes of its own, beside what arithmetic predicts.
#ifndef EXPERIMENTS_BENCHMARKS_CONTEXT_BENCHMARK_H_
#define EXPERIMENTS_BENCHMARKS_CONTEXT_BENCHMARK_H_

#include "experiments/benchmarks/context_step.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace experiments {

struct ContextBenchmarkOptions {
  std::filesystem::path program;  // this one
  std::vector<int64_t> trajectories = {1, 4, 8, 32};
  int64_t trajectory_tokens = 4000;                              // 1000 steps of four tokens
  std::vector<int> ring_sizes = {2, 4};                          // beside one process
  ContextStepOptions step = {.budget_bytes = int64_t{2} << 30};  // method and tokens are set here
  int threads = 1;                                               // of all ranks together
};

// A row per method, ring size and number of trajectories: method, ring_size, trajectories, tokens,
// budget_bytes_per_rank, trains (null: it failed for another reason than memory),
// peak_bytes_per_rank and step_s (null where it does not train), predicted_bytes_per_rank,
// predicted_trains, and longest_tokens, the longest context of this method and ring that trained.
// Longer contexts than one that ran out of memory are not tried. Predictions include what a process
// of this program holds before it begins, which is measured once.
nlohmann::json BenchmarkContext(const ContextBenchmarkOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_CONTEXT_BENCHMARK_H_
