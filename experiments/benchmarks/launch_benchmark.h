// Seconds from the start of `ringrl train` to the end of its first update, and where they go,
// beside a script in plain PyTorch that does as much.
//
// Every figure is the median over rounds in which the systems take turns. The episodes are read
// from the page cache by both.
#ifndef EXPERIMENTS_BENCHMARKS_LAUNCH_BENCHMARK_H_
#define EXPERIMENTS_BENCHMARKS_LAUNCH_BENCHMARK_H_

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace experiments {

struct LaunchBenchmarkOptions {
  std::filesystem::path dataset;  // empty: one of random numbers is made
  int64_t num_episodes = 100;     // of the one that is made, walker's, of 1000 steps
  int threads = 2;
  int rounds = 5;
  std::filesystem::path program;      // this one
  std::filesystem::path python;       // with torch and h5py; empty: no peer
  std::filesystem::path peer_script;  // launch_peer.py
};

// Trains by `arguments` (words after `train`) in the new folder `run` until the first update is
// recorded, and ends the process: seconds by phase, and "total". Nothing when it fails.
std::optional<nlohmann::json> MeasureLaunch(const std::filesystem::path& program,
                                            std::vector<std::string> arguments,
                                            const std::filesystem::path& run);

// Flat rows {algorithm, shape, threads, ours_s, ours_s_min, ours_s_max, libraries_s, options_s,
// data_s, algorithm_s, environments_s, record_s, first_update_s, peer_name, peer_s, peer_s_min,
// peer_s_max, ratio}; ratio is our time in the peer's. A figure that was not measured is null.
nlohmann::json BenchmarkLaunch(const LaunchBenchmarkOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_LAUNCH_BENCHMARK_H_
