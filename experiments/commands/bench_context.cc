#include "experiments/commands/bench_context.h"

#include "experiments/benchmarks/context_benchmark.h"
#include "experiments/commands/ring_ranks.h"
#include "experiments/json_result.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace experiments {
namespace {

void AddShape(OptionSet& set, ContextStepOptions& step) {
  set.Add("layers", &step.layers, "transformer layers");
  set.Add("heads", &step.heads, "attention heads");
  set.Add("dim", &step.dim, "width of the residual stream");
}

template <class Number>
std::vector<Number> ParseNumbers(const std::vector<std::string>& words, const std::string& option) {
  std::vector<Number> numbers;
  for (const std::string& word : words) {
    Number number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size() || number < 1) {
      throw UsageError(option + " takes whole numbers from 1, not '" + word + "'");
    }
    numbers.push_back(number);
  }
  return numbers;
}

std::string Verdict(const nlohmann::json& trains) {
  return trains.is_null() ? "-" : trains.get<bool>() ? "ok" : "oom";
}

void PrintTable(const nlohmann::json& rows, std::FILE* out) {
  constexpr const char* kLine = "%-17s %6s %13s %9s %8s %10s %10s %10s %9s\n";
  std::fprintf(out, kLine, "method", "ranks", "trajectories", "tokens", "trains", "peak MB",
               "predicted", "MB", "seconds");
  for (const nlohmann::json& row : rows) {
    std::fprintf(
        out, kLine, row["method"].get<std::string>().c_str(), row["ring_size"].dump().c_str(),
        row["trajectories"].dump().c_str(), row["tokens"].dump().c_str(),
        Verdict(row["trains"]).c_str(), Figure(row["peak_bytes_per_rank"], 0, 1e-6).c_str(),
        Verdict(row["predicted_trains"]).c_str(),
        Figure(row["predicted_bytes_per_rank"], 0, 1e-6).c_str(), Figure(row["step_s"], 2).c_str());
  }
}

}  // namespace

int RunBenchContext(Arguments arguments) {
  ContextBenchmarkOptions options;
  options.program = std::filesystem::read_symlink("/proc/self/exe");
  options.threads = DefaultThreads();
  double budget = static_cast<double>(options.step.budget_bytes);
  std::vector<std::string> trajectories{"1", "4", "8", "32"}, ring_sizes{"2", "4"};
  std::string json;
  OptionSet set("bench context", "which ways to compute attention train how long a context");
  set.Add("budget", &budget, "bytes of memory of one rank");
  set.Add("trajectories", &trajectories, "whole trajectories in a context, ascending");
  set.Add("trajectory-tokens", &options.trajectory_tokens, "tokens of a trajectory");
  set.Add("ring-sizes", &ring_sizes, "processes of a ring, beside one alone");
  AddShape(set, options.step);
  set.Add("threads", &options.threads, "threads of all ranks together");
  set.Add("json", &json, "file for the result as JSON, - for stdout");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  if (!(budget >= 1) || options.trajectory_tokens < 1 || options.threads < 1) {
    throw UsageError("--budget, --trajectory-tokens and --threads must be at least 1");
  }
  options.step.budget_bytes = static_cast<int64_t>(budget);
  options.trajectories = ParseNumbers<int64_t>(trajectories, "--trajectories");
  options.ring_sizes = ParseNumbers<int>(ring_sizes, "--ring-sizes");

  nlohmann::json result = ResultEnvelope("bench context");
  result["rows"] = BenchmarkContext(options);
  PrintTable(result["rows"], TableStream(json));
  WriteJson(result, json);
  return 0;
}

int RunBenchContextStep(Arguments arguments) {
  ContextStepOptions step;
  int threads = DefaultThreads(), ring_size = 1;
  OptionSet set("bench context-step", "one measurement of bench context, which starts it");
  set.AddChoice("method", &step.method, {"vanilla", "memory-efficient", "blockwise", "ring"},
                "how attention is computed");
  set.Add("tokens", &step.tokens, "tokens of the whole context");
  AddShape(set, step);
  set.Add("budget", &step.budget_bytes, "bytes of private memory of this process; 0: any number");
  set.Add("threads", &threads, "threads of the arithmetic, shared by the ranks");
  set.Add("ring-size", &ring_size, "processes that share the context");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  if (threads < 1 || ring_size < 1 || step.tokens < 1) {
    throw UsageError("--tokens, --threads and --ring-size must be at least 1");
  }

  const ring::WorldOptions place = PlaceInWorld();
  if (MustStartRanks(ring_size, place)) {
    std::vector<std::string> words(arguments.begin(), arguments.end());
    words.insert(words.begin(), {"bench", "context-step"});
    return StartRanks(ring_size, std::move(words));
  }
  at::set_num_threads(ThreadsOfRank(threads, place));
  const ring::World world(place);
  const ring::Ring ring = world.MakeRing(world.size());
  CheckRingSize(ring_size, ring);
  const ContextStepFigures figures = MeasureContextStep(step, ring);
  if (place.rank == 0) {
    std::printf("%d %.6f %lld\n", figures.out_of_memory ? 1 : 0, figures.seconds,
                static_cast<long long>(figures.peak_bytes));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace experiments
