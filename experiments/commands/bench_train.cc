#include "experiments/commands/bench_train.h"

#include "experiments/benchmarks/peer_environment.h"
#include "experiments/benchmarks/train_benchmark.h"
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

std::string Seconds(const nlohmann::json& rate) {
  return rate.is_number() ? Figure(1 / rate.get<double>(), 2) : "-";
}

void AddShape(OptionSet& set, TrainStepOptions& step) {
  set.Add("tokens", &step.tokens, "tokens of the context, four a step");
  set.Add("layers", &step.layers, "transformer layers");
  set.Add("heads", &step.heads, "attention heads");
  set.Add("dim", &step.dim, "width of the residual stream");
  set.Add("updates", &step.updates, "updates to measure, after one that is not");
}

void PrintTable(const nlohmann::json& rows, std::FILE* out) {
  constexpr const char* kLine = "%-10s %10s %12s %12s %12s %12s %12s\n";
  std::fprintf(out, kLine, "operands", "processes", "seconds", "pytorch", "ratio", "peak GB",
               "pytorch");
  for (const nlohmann::json& row : rows) {
    std::fprintf(out, kLine, row["operands"].get<std::string>().c_str(),
                 row["ring_size"].dump().c_str(), Seconds(row["ours_steps_per_s"]).c_str(),
                 Seconds(row["peer_steps_per_s"]).c_str(), Figure(row["time_ratio"], 2).c_str(),
                 Figure(row["ours_peak_bytes"], 2, 1e-9).c_str(),
                 Figure(row["peer_peak_bytes"], 2, 1e-9).c_str());
  }
}

}  // namespace

int RunBenchTrain(Arguments arguments) {
  TrainBenchmarkOptions options;
  options.threads = DefaultThreads();
  options.program = std::filesystem::read_symlink("/proc/self/exe");
  options.python = FindPeerPython();
  options.peer_script = PeerScript("train_peers.py");
  std::string json;
  OptionSet set("bench train", "training steps of the Agentic Transformer, beside PyTorch");
  AddShape(set, options.step);
  set.Add("operands", &options.operands, "what attention computes from: float32, bfloat16");
  set.Add("threads", &options.threads, "threads of one process, and processes of the ring");
  set.Add("rounds", &options.rounds, "rounds in which the systems take turns");
  set.Add("python", &options.python, "a Python that has torch; without one the peer stays out");
  set.Add("json", &json, "file for the result as JSON, - for stdout");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  if (options.threads < 1 || options.rounds < 1) {
    throw UsageError("--threads and --rounds must be at least 1");
  }

  nlohmann::json result = ResultEnvelope("bench train");
  result["rows"] = BenchmarkTraining(options);
  PrintTable(result["rows"], TableStream(json));
  WriteJson(result, json);
  return 0;
}

int RunBenchTrainStep(Arguments arguments) {
  TrainStepOptions step;
  int threads = DefaultThreads(), ring_size = 1;
  OptionSet set("bench train-step", "one measurement of bench train, which starts it");
  AddShape(set, step);
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
