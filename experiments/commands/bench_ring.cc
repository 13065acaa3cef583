#include "experiments/commands/bench_ring.h"

#include "experiments/benchmarks/ring_benchmark.h"
#include "experiments/benchmarks/ring_rank.h"
#include "experiments/json_result.h"
#include "experiments/options/option_set.h"
#include "ring/runtime/world.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

namespace experiments {
namespace {

void PrintTable(const nlohmann::json& rows, std::FILE* out) {
  constexpr const char* kLine = "%-10s %4s %-5s %8s %-8s %9s %9s %9s %9s %7s %7s %9s %9s\n";
  std::fprintf(out, kLine, "layout", "n", "via", "tokens", "pass", "alone ms", "ring ms", "compute",
               "messages", "eff. %", "bound %", "peak MB", "formula");
  for (const nlohmann::json& row : rows) {
    std::fprintf(
        out, kLine, row["layout"].get<std::string>().c_str(), row["ring_size"].dump().c_str(),
        row["transport"].get<std::string>().c_str(), row["tokens"].dump().c_str(),
        row["pass"].get<std::string>().c_str(), Figure(row["one_process_s"], 1, 1e3).c_str(),
        Figure(row["ring_s"], 1, 1e3).c_str(), Figure(row["compute_s"], 1, 1e3).c_str(),
        Figure(row["communication_s"], 1, 1e3).c_str(), Figure(row["efficiency"], 1, 100).c_str(),
        Figure(row["bound"], 1, 100).c_str(), Figure(row["peak_bytes_per_rank"], 1, 1e-6).c_str(),
        Figure(row["formula_bytes_per_rank"], 1, 1e-6).c_str());
  }
}

}  // namespace

int RunBenchRing(Arguments arguments) {
  RingBenchmarkOptions options;
  options.program = std::filesystem::read_symlink("/proc/self/exe");
  std::string json;
  OptionSet set("bench ring", "attention by a ring of processes, beside one process");
  set.Add("layouts", &options.layouts, "contiguous, zigzag, striped");
  set.Add("ring-sizes", &options.ring_sizes, "numbers of processes, of one thread each");
  set.Add("tokens", &options.tokens, "context lengths; with --memory, tokens of each rank");
  set.Add("transports", &options.transports, "shm, gloo");
  set.Add("heads", &options.heads, "heads of queries");
  set.Add("key-heads", &options.key_heads, "heads of keys and values; 0: as many");
  set.Add("head-dim", &options.head_dim, "width of a head");
  set.AddChoice("dtype", &options.dtype, {"float32", "float64", "bfloat16"},
                "what products are computed from");
  set.Add("repetitions", &options.repetitions, "turns of each system; the median counts");
  set.Add("memory", &options.memory, "measure peak memory only, by ring size");
  set.Add("json", &json, "file for the result as JSON, - for stdout");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;

  nlohmann::json result = ResultEnvelope("bench ring");
  result["rows"] = BenchmarkRing(options);
  PrintTable(result["rows"], TableStream(json));
  WriteJson(result, json);
  return 0;
}

int RunBenchRingRank(Arguments arguments) {
  RingRankOptions options;
  std::filesystem::path requests;
  OptionSet set("bench ring-rank", "one process of bench ring, which starts it");
  set.Add("requests", &requests, "where its requests come from, one a line");
  set.Add("layout", &options.layout, "layout of the context");
  set.Add("tokens", &options.tokens, "tokens of the whole context");
  set.Add("heads", &options.heads, "heads of queries");
  set.Add("key-heads", &options.key_heads, "heads of keys and values");
  set.Add("head-dim", &options.head_dim, "width of a head");
  set.Add("dtype", &options.dtype, "what products are computed from");
  set.Add("window", &options.window, "of the causal mask; 0: all earlier tokens");
  set.Add("transport", &options.transport, "shm, gloo");
  set.Add("threads", &options.threads, "threads that compute");
  set.Require("requests");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;

  ring::WorldOptions world_options = ring::WorldFromEnvironment(std::getenv);
  world_options.transport = ring::ParseTransport(options.transport);
  const ring::World world(world_options);
  std::ifstream lines(requests);
  ServeRingRank(options, world, lines, std::cout);
  return 0;
}

}  // namespace experiments
