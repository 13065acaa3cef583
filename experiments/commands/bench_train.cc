#include "experiments/commands/bench_train.h"

#include "experiments/benchmarks/act_benchmark.h"
#include "experiments/benchmarks/peer_environment.h"
#include "experiments/benchmarks/train_benchmark.h"
#include "experiments/commands/bench_act.h"
#include "experiments/commands/ring_ranks.h"
#include "experiments/json_result.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace experiments {
namespace {

// Of the one context of `at`.
void AddContextShape(OptionSet& set, TrainStepOptions& step) {
  set.Add("tokens", &step.tokens, "at: tokens of the context, four a step");
  set.Add("layers", &step.layers, "at: transformer layers");
  set.Add("heads", &step.heads, "at: attention heads");
  set.Add("dim", &step.dim, "at: width of the residual stream");
  set.Add("updates", &step.updates, "at: updates to measure, after two that are not");
}

void PrintTable(const nlohmann::json& rows, std::FILE* out) {
  constexpr const char* kLine = "%-7s %-52s %-9s %5s %9s  %-8s %9s %8s %8s %8s\n";
  const auto text = [](const nlohmann::json& cell) { return cell.get<std::string>(); };
  std::fprintf(out, kLine, "steps/s", "shape", "operands", "procs", "ours", "peer", "peer's",
               "speedup", "ours GB", "peer GB");
  for (const nlohmann::json& row : rows) {
    const nlohmann::json speedup = row["time_ratio"].is_number()
                                       ? nlohmann::json(1 / row["time_ratio"].get<double>())
                                       : nullptr;
    std::fprintf(out, kLine, text(row["algorithm"]).c_str(), text(row["shape"]).c_str(),
                 text(row["operands"]).c_str(), row["ring_size"].dump().c_str(),
                 Figure(row["ours_steps_per_s"], 2).c_str(), text(row["peer_name"]).c_str(),
                 Figure(row["peer_steps_per_s"], 2).c_str(), Figure(speedup, 2).c_str(),
                 Figure(row["ours_peak_bytes"], 2, 1e-9).c_str(),
                 Figure(row["peer_peak_bytes"], 2, 1e-9).c_str());
  }
}

// Measures acting by the same threads and rounds, and prints a table of its own.
void AddActing(const TrainBenchmarkOptions& options, nlohmann::json& rows, std::FILE* out) {
  ActBenchmarkOptions act;
  act.threads = options.threads;
  act.rounds = options.rounds;
  act.program = options.program;
  act.python = options.python;
  act.peer_script = PeerScript("act_peers.py");
  const nlohmann::json acting = BenchmarkActing(act);
  PrintActing(acting, out);
  rows.insert(rows.end(), acting.begin(), acting.end());
}

}  // namespace

int RunBenchTrain(Arguments arguments) {
  TrainBenchmarkOptions options;
  options.threads = DefaultThreads();
  options.program = std::filesystem::read_symlink("/proc/self/exe");
  options.peer_script = PeerScript("train_peers.py");
  std::string json, peers = "found";
  bool act = true;
  OptionSet set("bench train", "training steps, beside PyTorch, CORL's algorithms and d3rlpy");
  set.Add("algorithms", &options.algorithms, "at, dt, td3_bc");
  AddContextShape(set, options.context);
  set.Add("operands", &options.operands, "at: what attention computes from: float32, bfloat16");
  set.Add("threads", &options.threads, "threads of one process, and processes of the ring");
  set.Add("rounds", &options.rounds, "rounds in which the systems take turns");
  set.AddChoice("peers", &peers, {"found", "make", "none"},
                "the peers: as found, or first installed into .deps/peers-train (6 GB), or none");
  set.Add("python", &options.python, "a Python that has the peers, instead of those");
  set.Add("act", &act, "measure control steps of at too, acting in context");
  set.Add("json", &json, "file for the result as JSON, - for stdout");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  if (options.threads < 1 || options.rounds < 1) {
    throw UsageError("--threads and --rounds must be at least 1");
  }
  if (options.python.empty()) options.python = PeerPython(PeerSet::kTraining, peers);
  if (peers == "none") options.python.clear();

  nlohmann::json result = ResultEnvelope("bench train");
  result["rows"] = BenchmarkTraining(options);
  PrintTable(result["rows"], TableStream(json));
  if (act) AddActing(options, result["rows"], TableStream(json));
  WriteJson(result, json);
  return 0;
}

int RunBenchTrainStep(Arguments arguments) {
  TrainStepOptions step;
  int threads = DefaultThreads(), ring_size = 1;
  OptionSet set("bench train-step", "one measurement of bench train, which starts it");
  set.AddChoice("algorithm", &step.algorithm, {"at", "dt", "td3_bc"}, "what is trained");
  AddContextShape(set, step);
  set.Add("context-steps", &step.context_steps, "dt: steps of a window");
  set.Add("batch", &step.batch, "dt, td3_bc: windows or transitions of an update");
  set.Add("hidden-dim", &step.hidden_dim, "td3_bc: width of the networks");
  set.AddChoice("operands", &step.operands, {"float32", "bfloat16"},
                "what attention computes from");
  set.Add("threads", &threads, "threads of the arithmetic, shared by the ranks");
  set.Add("ring-size", &ring_size, "processes that share the context");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  if (threads < 1 || ring_size < 1) {
    throw UsageError("--threads and --ring-size must be at least 1");
  }

  const ring::WorldOptions place = PlaceInWorld();
  if (MustStartRanks(ring_size, place)) {
    std::vector<std::string> words(arguments.begin(), arguments.end());
    words.insert(words.begin(), {"bench", "train-step"});
    return StartRanks(ring_size, std::move(words));
  }
  at::set_num_threads(ThreadsOfRank(threads, place));
  const ring::World world(place);
  const ring::Ring ring = world.MakeRing(world.size());
  CheckRingSize(ring_size, ring);
  const TrainStepFigures figures = MeasureTrainStep(step, ring);
  if (place.rank == 0) {
    std::printf("%.6f %lld\n", figures.seconds, static_cast<long long>(figures.peak_bytes));
  }
  return 0;
}

}  // namespace experiments
