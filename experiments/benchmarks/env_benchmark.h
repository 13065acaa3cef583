// How many control steps per second the environments make, beside EnvPool and dm_control.
//
// A control step here is what a user gets: action in, physics, reward, float32 observation out, and
// a new episode whenever one ends. Actions are uniform random and drawn in advance. The floor under
// it is the physics alone: the same mechanisms, actions and states, nobody looking.
//
// All systems are measured in turn, for several rounds; a figure is the median over them. The peers
// are measured by a Python program, env_peers.py, where a Python that has them is found or made.
#ifndef EXPERIMENTS_BENCHMARKS_ENV_BENCHMARK_H_
#define EXPERIMENTS_BENCHMARKS_ENV_BENCHMARK_H_

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace experiments {

struct EnvBenchmarkOptions {
  std::vector<std::string> tasks = {"walker_walk",         "cheetah_run",
                                    "cartpole_swingup",    "quadruped_walk",
                                    "jaco_reach_top_left", "point_mass_maze_reach_top_left"};
  std::vector<std::string> threads = {"1", "2"};
  int num_environments = 64;  // stepped together; enough that a second thread pays
  int rounds = 3;
  double seconds = 1;  // measured per row, system and round, the best of three windows
  std::filesystem::path assets;
  std::filesystem::path python;       // with envpool and dm_control; empty: no peers
  std::filesystem::path peer_script;  // env_peers.py
};

// One flat object per task and number of threads:
//   task, threads, environments
//   ours_steps_per_s, physics_only_steps_per_s, envpool_steps_per_s, dm_control_steps_per_s, each
//     with _min and _max over the rounds beside it; null for a peer that is not there or does not
//     have the task
//   physics_share      the part of ours that is physics alone: ours / physics only
//   envpool_setting    the fastest of those tried: "sync 32", "sync 64" or "async 64/16"
//   ratio_envpool, ratio_dm_control   ours / theirs
//   thread_scaling     ours / ours with the first number of threads
// Throws std::invalid_argument for unknown tasks and counts below 1.
nlohmann::json BenchmarkEnvironments(const EnvBenchmarkOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_ENV_BENCHMARK_H_
