#include "experiments/commands/bench_attention.h"

#include "experiments/benchmarks/attention_benchmark.h"
#include "experiments/json_result.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>

namespace experiments {
namespace {

void PrintTable(const nlohmann::json& rows, std::FILE* out) {
  std::fprintf(out, "%-9s %-9s %5s %8s %7s %7s %8s %6s %7s %7s %9s\n", "GFLOP/s", "dtype", "heads",
               "head dim", "tokens", "ours", "library", "ratio", "gemm", "share %", "error");
  for (const nlohmann::json& row : rows) {
    const double ours = row["ours_gflops"], library = row["library_gflops"];
    const double gemm = row["gemm_gflops"];
    std::fprintf(out, "%-9s %-9s %5s %8s %7s %7.0f %8.0f %6.2f %7.0f %7.0f %9.1e\n",
                 row["pass"].get<std::string>().c_str(), row["dtype"].get<std::string>().c_str(),
                 row["heads"].dump().c_str(), row["head_dim"].dump().c_str(),
                 row["tokens"].dump().c_str(), ours, library, ours / library, gemm,
                 100 * ours / gemm, row["relative_error"].get<double>());
  }
}

}  // namespace

int RunBenchAttention(Arguments arguments) {
  AttentionBenchmarkOptions options;
  options.threads = DefaultThreads();
  std::string json;
  OptionSet set("bench attention", "attention on the processor, beside LibTorch's kernel");
  set.Add("dtypes", &options.dtypes, "types of the inputs: float32, float64, bfloat16");
  set.Add("heads", &options.heads, "numbers of heads");
  set.Add("head-dims", &options.head_dims, "dimensions of a head");
  set.Add("tokens", &options.tokens, "context lengths");
  set.Add("causal", &options.causal, "mask the future");
  set.Add("threads", &options.threads, "threads of every system");
  set.Add("repetitions", &options.repetitions, "rounds; the median counts");
  set.Add("busy-neighbor", &options.busy_neighbor, "let another process take one core meanwhile");
  set.Add("json", &json, "file for the result as JSON, - for stdout");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;

  nlohmann::json result = ResultEnvelope("bench attention");
  result["rows"] = BenchmarkAttention(options);
  PrintTable(result["rows"], TableStream(json));
  WriteJson(result, json);
  return 0;
}

}  // namespace experiments
