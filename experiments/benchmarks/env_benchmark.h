// How many control steps per second the environments make, beside EnvPool and dm_control.
//
// A control step here is what a user gets: action in, physics, reward, float32 observation out, and
// a new episode whenever one ends. Actions are uniform random and drawn in advance. The peers are
// measured by a Python program, env_peers.py, one after another with ours, where a Python that has
// them is found.
#ifndef EXPERIMENTS_BENCHMARKS_ENV_BENCHMARK_H_
#define EXPERIMENTS_BENCHMARKS_ENV_BENCHMARK_H_

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace experiments {

struct EnvBenchmarkOptions {
  std::vector<std::string> tasks = {"walker_walk", "cartpole_swingup"};
  std::vector<std::string> threads = {"1", "2"};
  int num_environments = 64;  // stepped together; enough that a second thread pays
  double seconds = 2;         // measured per row and system, the best of three windows
  std::filesystem::path assets;
  std::filesystem::path python;       // with envpool and dm_control; empty: no peers
  std::filesystem::path peer_script;  // env_peers.py
};

// The Python to try for the peers: RINGRL_PYTHON, else .deps/venv/bin/python below the current
// folder; empty when there is none.
std::filesystem::path FindPeerPython();

// env_peers.py in this folder's sources.
std::filesystem::path PeerScript();

// One flat object per task and number of threads: task, threads, ours_steps_per_s,
// envpool_steps_per_s, dm_control_steps_per_s; a peer that is not there is null.
// Throws std::invalid_argument for unknown tasks and counts below 1.
nlohmann::json BenchmarkEnvironments(const EnvBenchmarkOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_ENV_BENCHMARK_H_
