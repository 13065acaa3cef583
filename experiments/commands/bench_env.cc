#include "experiments/commands/bench_env.h"

#include "experiments/benchmarks/env_benchmark.h"
#include "experiments/benchmarks/peer_environment.h"
#include "experiments/benchmarks/relabel_benchmark.h"
#include "experiments/json_result.h"
#include "experiments/locations.h"
#include "experiments/options/option_set.h"

#include <cstdio>
#include <string>

namespace experiments {
namespace {

// Options that both commands have.
struct PeerOptions {
  std::string peers = "found";
  std::string json;
};

template <class Options>
void AddCommonOptions(OptionSet& set, Options& options, PeerOptions& common) {
  set.Add("threads", &options.threads, "numbers of threads to try");
  set.Add("rounds", &options.rounds, "rounds of ours and the peers in turn; the medians count");
  set.Add("seconds", &options.seconds, "time to measure per row, system and round");
  set.Add("assets", &options.assets, "the dm_control folder with the model files");
  set.AddChoice("peers", &common.peers, {"found", "make", "none"},
                "the peers: as found, or first installed into .deps/peers-env (1.4 GB), or none");
  set.Add("python", &options.python, "a Python that has the peers, instead of those");
  set.Add("json", &common.json, "file for the result as JSON, - for stdout");
}

template <class Options>
void FindPeers(Options& options, const PeerOptions& common) {
  options.peer_script = PeerScript("env_peers.py");
  if (options.python.empty()) options.python = PeerPython(PeerSet::kSimulating, common.peers);
  if (common.peers == "none") options.python.clear();
}

}  // namespace

int RunBenchEnv(Arguments arguments) {
  EnvBenchmarkOptions options{.assets = AssetFolder(), .python = {}, .peer_script = {}};
  PeerOptions common;
  OptionSet set("bench env", "control steps per second, beside EnvPool and dm_control");
  set.Add("tasks", &options.tasks, "tasks to step");
  set.Add("environments", &options.num_environments, "environments stepped together");
  AddCommonOptions(set, options, common);
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  FindPeers(options, common);

  nlohmann::json result = ResultEnvelope("bench env");
  result["rows"] = BenchmarkEnvironments(options);
  std::FILE* const out = TableStream(common.json);
  std::fprintf(out, "%-30s %7s %10s %10s %6s %10s %-12s %10s %8s %10s %8s\n",
               "control steps per second", "threads", "ours", "physics", "share", "envpool",
               "(setting)", "dm_control", "/envpool", "/dm_contr.", "scaling");
  for (const nlohmann::json& row : result["rows"]) {
    const std::string setting = row["envpool_setting"].is_null()
                                    ? std::string("-")
                                    : row["envpool_setting"].get<std::string>();
    std::fprintf(
        out, "%-30s %7s %10s %10s %6s %10s %-12s %10s %8s %10s %8s\n",
        row["task"].get<std::string>().c_str(), row["threads"].dump().c_str(),
        Figure(row["ours_steps_per_s"], 0).c_str(),
        Figure(row["physics_only_steps_per_s"], 0).c_str(), Figure(row["physics_share"], 3).c_str(),
        Figure(row["envpool_steps_per_s"], 0).c_str(), setting.c_str(),
        Figure(row["dm_control_steps_per_s"], 0).c_str(), Figure(row["ratio_envpool"], 2).c_str(),
        Figure(row["ratio_dm_control"], 2).c_str(), Figure(row["thread_scaling"], 2).c_str());
  }
  WriteJson(result, common.json);
  return 0;
}

int RunBenchRelabel(Arguments arguments) {
  RelabelBenchmarkOptions options{.assets = AssetFolder(), .python = {}, .peer_script = {}};
  PeerOptions common;
  OptionSet set("bench relabel", "stored states relabelled per second, beside dm_control");
  set.Add("domains", &options.domains, "domains whose tasks' rewards are computed, all at once");
  set.Add("episodes", &options.num_episodes, "episodes of random play to relabel");
  AddCommonOptions(set, options, common);
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  FindPeers(options, common);

  nlohmann::json result = ResultEnvelope("bench relabel");
  result["rows"] = BenchmarkRelabelling(options);
  std::FILE* const out = TableStream(common.json);
  std::fprintf(out, "%-18s %5s %7s %12s %12s %8s %14s\n", "states per second", "tasks", "threads",
               "ours", "dm_control", "ratio", "/1 process");
  for (const nlohmann::json& row : result["rows"]) {
    std::fprintf(out, "%-18s %5s %7s %12s %12s %8s %14s\n",
                 row["domain"].get<std::string>().c_str(), row["tasks"].dump().c_str(),
                 row["threads"].dump().c_str(), Figure(row["ours_states_per_s"], 0).c_str(),
                 Figure(row["dm_control_states_per_s"], 0).c_str(), Figure(row["ratio"], 1).c_str(),
                 Figure(row["ratio_one_process"], 1).c_str());
  }
  WriteJson(result, common.json);
  return 0;
}

}  // namespace experiments
