// Training steps per second of the Agentic Transformer, by one process and by a ring of them,
// beside the same network in plain PyTorch.
//
// Every figure is the median over rounds in which the systems take turns, each in processes of its
// own, so that memory is counted afresh. All use the same number of threads: one process has all of
// them, each process of the ring one.
#ifndef EXPERIMENTS_BENCHMARKS_TRAIN_BENCHMARK_H_
#define EXPERIMENTS_BENCHMARKS_TRAIN_BENCHMARK_H_

#include "experiments/benchmarks/train_step.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace experiments {

struct TrainBenchmarkOptions {
  TrainStepOptions step;  // its operands are replaced by each of `operands`
  std::vector<std::string> operands = {"float32", "bfloat16"};
  int threads = 2;
  int rounds = 3;
  std::filesystem::path program;      // this one
  std::filesystem::path python;       // with torch; empty: no peer
  std::filesystem::path peer_script;  // train_peers.py
};

// Flat rows {algorithm, shape, operands, ring_size, threads, ours_steps_per_s, ours_peak_bytes,
// peer_name, peer_steps_per_s, peer_peak_bytes, time_ratio}; ring_size 1 is one process with all
// threads, peak bytes are those of one process (of a ring, the first rank), time_ratio is our time
// in the peer's, whose operands are float32 always. A figure that was not measured is null.
nlohmann::json BenchmarkTraining(const TrainBenchmarkOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_TRAIN_BENCHMARK_H_
