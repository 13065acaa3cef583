// Milliseconds of a control step of the Agentic Transformer that acts in context, beside the same
// network in plain PyTorch with a cache, beside computing the whole context anew, and beside the
// time it takes to read what a step must read.
//
// Every figure is the median over rounds in which the systems take turns, each in a process of its
// own.
#ifndef EXPERIMENTS_BENCHMARKS_ACT_BENCHMARK_H_
#define EXPERIMENTS_BENCHMARKS_ACT_BENCHMARK_H_

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace experiments {

struct ActBenchmarkOptions {
  std::vector<int64_t> context_steps = {20, 250, 1000, 4000, 16000};  // four tokens each
  std::vector<int64_t> episodes = {1, 8};                             // at once
  int64_t longest_recomputed = 4000;  // steps of all episodes together; longer takes minutes
  double seconds = 0.5;               // to spend on each figure
  int threads = 2;
  int rounds = 3;
  std::filesystem::path program;      // this one
  std::filesystem::path python;       // with torch; empty: no peer
  std::filesystem::path peer_script;  // act_peers.py
};

// Flat rows {algorithm "at", shape, measure "act", context_steps, episodes, threads, ours_ms,
// by_layers_ms, recompute_ms, bound_ms, cache_bytes_per_episode, peer_name, peer_ms,
// peer_recompute_ms, time_ratio, ours_steps_per_s, peer_steps_per_s, ours_peak_bytes,
// peer_peak_bytes}. by_layers is ours without the packed weights, time_ratio our time in the
// peer's, and a step is one of all episodes together. A figure that was not measured is null; the
// peaks of memory never are here.
nlohmann::json BenchmarkActing(const ActBenchmarkOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_ACT_BENCHMARK_H_
