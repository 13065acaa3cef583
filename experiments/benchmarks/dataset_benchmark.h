// How fast datasets are imported, loaded and relabelled, beside numpy, h5py and Minari.
//
//   read      all arrays of ExoRL .npz files, checked, in MB/s of uncompressed bytes; numpy: the
//             same, unchecked
//   import    the same files into one new HDF5 file, checksummed and synced to disk; numpy still
//             only reads them
//   load      observations, actions and rewards of all episodes into contiguous arrays; h5py does
//             the same, Minari iterates over its episodes and is credited with all that it reads
//   relabel   rewards of all tasks of the domain from stored states, in states/s
//
// Ours and the peers are measured in turn, for several rounds. A round of one system is the median
// of its runs after one that warms up, so all of them read from the page cache; its figure is the
// median over the rounds.
#ifndef EXPERIMENTS_BENCHMARKS_DATASET_BENCHMARK_H_
#define EXPERIMENTS_BENCHMARKS_DATASET_BENCHMARK_H_

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace experiments {

struct DatasetBenchmarkOptions {
  std::string domain = "walker";
  std::filesystem::path input;  // ExoRL folder or zip of the domain; empty: made for the occasion
  int64_t num_episodes = 100;   // to make, or to take from the input at most
  int num_threads = 1;
  int rounds = 5;
  double seconds = 0.5;  // of measuring per system and round
  std::filesystem::path assets;
  std::filesystem::path python;       // with numpy, h5py and minari; empty: no peers
  std::filesystem::path peer_script;  // dataset_peers.py
};

// Flat rows {operation, unit, ours, ours_min, ours_max, peer_name, peer, peer_min, peer_max,
// ratio}, extremes over the rounds, ratio of the medians; what was not measured is null.
nlohmann::json BenchmarkDatasets(const DatasetBenchmarkOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_DATASET_BENCHMARK_H_
