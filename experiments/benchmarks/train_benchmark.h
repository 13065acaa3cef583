// Training steps per second, end to end, beside what people train with today.
//
//   at      one context, by one process and by a ring of them, with operands of float32 and
//   bfloat16 dt      the Decision Transformer of its paper: 20 steps, batch 64, 3 layers, 1 head,
//   width 128 td3_bc  batch 1024 and hidden 1024, ExoRL's; batch 256 and hidden 256, its authors'
//
// Drawing batches is part of a step. Every figure is the median over rounds in which the systems
// take turns, each in processes of its own, so that memory is counted afresh. All use the same
// number of threads: one process has all of them, each process of the ring one.
#ifndef EXPERIMENTS_BENCHMARKS_TRAIN_BENCHMARK_H_
#define EXPERIMENTS_BENCHMARKS_TRAIN_BENCHMARK_H_

#include "experiments/benchmarks/train_step.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace experiments {

struct TrainBenchmarkOptions {
  std::vector<std::string> algorithms = {"at", "dt", "td3_bc"};
  TrainStepOptions context;                                     // of at
  std::vector<std::string> operands = {"float32", "bfloat16"};  // of at
  int threads = 2;
  int rounds = 3;
  std::filesystem::path program;      // this one
  std::filesystem::path python;       // with the peers; empty: no peer
  std::filesystem::path peer_script;  // train_peers.py
};

// Flat rows, one for each peer: {algorithm, shape, operands, ring_size, threads, ours_steps_per_s,
// ours_peak_bytes, peer_name, peer_steps_per_s, peer_peak_bytes, time_ratio, difference}; ring_size
// 1 is one process with all threads, peak bytes are those of one process (of a ring, the first
// rank), time_ratio is our time in the peer's, whose operands are float32 always, and `difference`
// says what the peer computes otherwise. A figure that was not measured is null.
nlohmann::json BenchmarkTraining(const TrainBenchmarkOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_TRAIN_BENCHMARK_H_
