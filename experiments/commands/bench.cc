// `ringrl bench`: measures; one table, one JSON.
#include "experiments/benchmarks/dataset_benchmark.h"
#include "experiments/benchmarks/peer_environment.h"
#include "experiments/commands/bench_act.h"
#include "experiments/commands/bench_attention.h"
#include "experiments/commands/bench_context.h"
#include "experiments/commands/bench_env.h"
#include "experiments/commands/bench_launch.h"
#include "experiments/commands/bench_ring.h"
#include "experiments/commands/bench_train.h"
#include "experiments/commands/command_table.h"
#include "experiments/commands/commands.h"
#include "experiments/json_result.h"
#include "experiments/locations.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"

#include <array>
#include <cstdio>
#include <string>

namespace experiments {
namespace {

int RunBenchDataset(Arguments arguments) {
  DatasetBenchmarkOptions options;
  options.num_threads = DefaultThreads();
  options.assets = AssetFolder();
  options.python = FindPeerPython();
  options.peer_script = PeerScript("dataset_peers.py");
  std::string json;
  OptionSet set("bench dataset", "import, load and relabel, beside numpy, h5py and Minari");
  set.Add("domain", &options.domain, "domain of the episodes");
  set.Add("input", &options.input, "ExoRL folder or zip to import; empty: random numbers are made");
  set.Add("episodes", &options.num_episodes, "episodes to make, or to take from the input at most");
  set.Add("threads", &options.num_threads, "threads that import and relabel");
  set.Add("rounds", &options.rounds, "rounds of ours and the peers in turn; the medians count");
  set.Add("seconds", &options.seconds, "time to measure per system and round");
  set.Add("assets", &options.assets, "the dm_control folder with the model files");
  set.Add("python", &options.python, "a Python that has the peers; without one they stay out");
  set.Add("json", &json, "file for the result as JSON, - for stdout");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;

  nlohmann::json result = ResultEnvelope("bench dataset");
  result["rows"] = BenchmarkDatasets(options);
  std::FILE* const out = TableStream(json);
  std::fprintf(out, "%-12s %14s %14s %8s  %-8s %s\n", "operation", "ours", "peer", "ratio", "peer",
               "unit");
  for (const nlohmann::json& row : result["rows"]) {
    std::fprintf(out, "%-12s %14s %14s %8s  %-8s %s\n", row["operation"].get<std::string>().c_str(),
                 Figure(row["ours"], 0).c_str(), Figure(row["peer"], 0).c_str(),
                 Figure(row["ratio"], 2).c_str(), row["peer_name"].get<std::string>().c_str(),
                 row["unit"].get<std::string>().c_str());
  }
  WriteJson(result, json);
  return 0;
}

}  // namespace

int RunBench(Arguments arguments) {
  constexpr std::array kCommands = {
      Command{"attention", "attention on the processor, beside LibTorch's kernel",
              RunBenchAttention},
      Command{"context", "which ways to compute attention train how long a context",
              RunBenchContext},
      Command{"dataset", "import, load and relabel, beside numpy, h5py and Minari",
              RunBenchDataset},
      Command{"env", "control steps per second, beside EnvPool and dm_control", RunBenchEnv},
      Command{"launch", "from the start of train to its first update, beside PyTorch",
              RunBenchLaunch},
      Command{"relabel", "stored states relabelled per second, beside dm_control", RunBenchRelabel},
      Command{"ring", "attention by a ring of processes, beside one process", RunBenchRing},
      Command{"train", "training steps of the Agentic Transformer, beside PyTorch", RunBenchTrain},
      Command{"context-step", "one measurement of bench context, which starts it",
              RunBenchContextStep},
      Command{"act-step", "one acting measurement of bench train, which starts it",
              RunBenchActStep},
      Command{"train-step", "one measurement of bench train, which starts it", RunBenchTrainStep},
      Command{"ring-rank", "one process of bench ring, which starts it", RunBenchRingRank},
  };
  return RunCommand("ringrl bench", kCommands, arguments);
}

}  // namespace experiments
