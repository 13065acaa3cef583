#include "experiments/commands/bench_launch.h"

#include "experiments/benchmarks/launch_benchmark.h"
#include "experiments/benchmarks/peer_environment.h"
#include "experiments/json_result.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>

namespace experiments {

int RunBenchLaunch(Arguments arguments) {
  LaunchBenchmarkOptions options;
  options.threads = DefaultThreads();
  options.program = std::filesystem::read_symlink("/proc/self/exe");
  options.python = FindPeerPython();
  options.peer_script = PeerScript("launch_peer.py");
  std::string json;
  OptionSet set("bench launch", "from the start of train to its first update, beside PyTorch");
  set.Add("dataset", &options.dataset, "HDF5 file to learn from; empty: random numbers are made");
  set.Add("episodes", &options.num_episodes, "episodes to make");
  set.Add("threads", &options.threads, "threads of either system");
  set.Add("rounds", &options.rounds, "rounds in which the systems take turns");
  set.Add("python", &options.python,
          "a Python that has torch and h5py; without one the peer stays out");
  set.Add("json", &json, "file for the result as JSON, - for stdout");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  if (options.threads < 1 || options.rounds < 1 || options.num_episodes < 1) {
    throw UsageError("--threads, --rounds and --episodes must be at least 1");
  }

  nlohmann::json result = ResultEnvelope("bench launch");
  result["rows"] = BenchmarkLaunch(options);
  std::FILE* const out = TableStream(json);
  constexpr const char* kLine = "%-10s %8s %8s %8s %10s %8s %10s %13s %8s %13s\n";
  std::fprintf(out, kLine, "algorithm", "seconds", "pytorch", "ratio", "libraries", "data",
               "algorithm", "environments", "record", "first update");
  for (const nlohmann::json& row : result["rows"]) {
    std::fprintf(out, kLine, row["algorithm"].get<std::string>().c_str(),
                 Figure(row["ours_s"], 3).c_str(), Figure(row["peer_s"], 3).c_str(),
                 Figure(row["ratio"], 2).c_str(), Figure(row["libraries_s"], 3).c_str(),
                 Figure(row["data_s"], 3).c_str(), Figure(row["algorithm_s"], 3).c_str(),
                 Figure(row["environments_s"], 3).c_str(), Figure(row["record_s"], 3).c_str(),
                 Figure(row["first_update_s"], 3).c_str());
  }
  WriteJson(result, json);
  return 0;
}

}  // namespace experiments
