// How many stored states per second are relabelled, beside the way it is done in Python.
//
// The states are those of random play, an episode's worth at a time; each is restored once for all
// tasks of its domain. The peer, env_peers.py relabel, restores the same states one by one with
// dm_control and asks its tasks for their rewards, as ExoRL's replay buffer does; it is given as
// many processes as we have threads. Both in turn, for several rounds; figures are medians.
#ifndef EXPERIMENTS_BENCHMARKS_RELABEL_BENCHMARK_H_
#define EXPERIMENTS_BENCHMARKS_RELABEL_BENCHMARK_H_

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace experiments {

struct RelabelBenchmarkOptions {
  std::vector<std::string> domains = {"walker",    "cheetah", "cartpole",
                                      "quadruped", "jaco",    "point_mass_maze"};
  std::vector<std::string> threads = {"1", "2"};
  int num_episodes = 16;
  int rounds = 3;
  double seconds = 1;  // measured per row, system and round
  std::filesystem::path assets;
  std::filesystem::path python;       // with dm_control; empty: no peer
  std::filesystem::path peer_script;  // env_peers.py
};

// One flat object per domain and number of threads:
//   domain, threads, tasks (how many)
//   ours_states_per_s, dm_control_states_per_s, each with _min and _max over the rounds; null where
//     the peer is not there or has not the domain
//   ratio              ours / theirs
//   ratio_one_process  ours / theirs in the domain's first row with one process
// Throws std::invalid_argument for unknown domains and counts below 1.
nlohmann::json BenchmarkRelabelling(const RelabelBenchmarkOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_RELABEL_BENCHMARK_H_
