// `ringrl plan`: what a ring will cost before one is started: bytes, seconds, the longest context,
// and the method to choose.
#include "experiments/commands/commands.h"
#include "experiments/commands/measured_rates.h"
#include "experiments/json_result.h"
#include "experiments/options/option_set.h"
#include "experiments/progress.h"
#include "ring/attention/ring_planner.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <string>

namespace experiments {
namespace {

struct PlanOptions {
  ring::RingProblem problem = {.num_tokens = 65536, .ring_size = 2};
  int64_t heads = 1, key_heads = 0;
  std::string layout = "zigzag", dtype = "float32", operands, transport = "shm";
  double flops = 0, bandwidth = 0, latency = 0, budget = 0;
  std::string json;
};

OptionSet DeclareOptions(PlanOptions& options) {
  ring::RingProblem& problem = options.problem;
  OptionSet set("plan", "predict memory and time of attention over a ring, and choose a method");
  set.Add("tokens", &problem.num_tokens, "tokens of the whole context");
  set.Add("ring-size", &problem.ring_size, "ranks that share it");
  set.Add("heads", &options.heads, "heads of queries");
  set.Add("key-heads", &options.key_heads, "heads of keys and values; 0: as many");
  set.Add("head-dim", &problem.head_dim, "numbers a head");
  set.Add("layers", &problem.layers, "layers that keep something for backward");
  set.Add("batch", &problem.batch, "contexts computed together");
  set.AddChoice("layout", &options.layout, {"contiguous", "zigzag", "striped"},
                "which token lives on which rank");
  set.Add("granule", &problem.granule, "tokens that are never separated");
  set.Add("causal", &problem.mask.causal, "queries see no key behind them");
  set.Add("window", &problem.mask.window, "tokens a query sees back; 0: all");
  set.AddChoice("dtype", &options.dtype, {"float32", "bfloat16", "float64"},
                "of queries, keys and values");
  set.Add("operands", &options.operands,
          "float32, bfloat16 or float64: what products are computed from; as --dtype by default");
  set.AddChoice("transport", &options.transport, {"shm", "gloo"},
                "shm: a message is read where it was written, so fewer buffers");
  set.Add("flops", &options.flops,
          "operations a second of one rank; 0: measure this machine's kernel, one thread");
  set.Add("bandwidth", &options.bandwidth,
          "bytes a second from rank to rank; 0: measure a copy in this machine's memory");
  set.Add("latency", &options.latency, "seconds of a message besides its bytes");
  set.Add("budget", &options.budget, "bytes a rank may use, as 16e9; 0: any number");
  set.Add("json", &options.json, "file for the plan as JSON, - for stdout");
  return set;
}

at::ScalarType ParseType(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "bfloat16") return at::kBFloat16;
  if (name == "float64") return at::kDouble;
  throw UsageError("--operands must be float32, bfloat16 or float64, not '" + name + "'");
}

void Complete(PlanOptions& options) {
  options.problem.query_heads = options.heads;
  options.problem.key_heads = options.key_heads > 0 ? options.key_heads : options.heads;
  options.problem.layout = ring::ParseLayoutKind(options.layout);
  options.problem.tensors = ParseType(options.dtype);
  options.problem.operands = ParseType(options.operands.empty() ? options.dtype : options.operands);
  options.problem.shared_memory = options.transport == "shm";
  for (const double value : {options.flops, options.bandwidth, options.latency, options.budget}) {
    if (!(value >= 0) || !std::isfinite(value)) {
      throw UsageError("--flops, --bandwidth, --latency and --budget must be 0 or more");
    }
  }
}

std::string Seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g s", seconds);
  return text;
}

// What one method costs; nothing but why not where it cannot be used.
nlohmann::json Row(const PlanOptions& options, const ring::MethodPrediction& method) {
  nlohmann::json row = {{"method", ring::Name(method.method)}, {"possible", true}};
  if (!method.obstacle.empty()) {
    row["possible"] = false;
    row["obstacle"] = method.obstacle;
    return row;
  }
  const auto add = [&](const std::string& pass, const ring::PassPrediction& prediction) {
    row[pass + "_flops"] = prediction.flops;
    row[pass + "_bytes_sent"] = prediction.bytes_sent;
    row[pass + "_bytes_per_round"] = prediction.bytes_per_round;
    row[pass + "_compute_s"] = prediction.compute_seconds;
    row[pass + "_exposed_s"] = prediction.exposed_seconds;
  };
  add("forward", method.forward);
  add("backward", method.backward);
  row["forward_peak_bytes"] = method.forward_bytes;
  row["training_peak_bytes"] = method.training_bytes;
  row["longest_context"] = nullptr;
  if (options.budget > 0) {
    row["longest_context"] =
        ring::LongestContext(options.problem, method.method, static_cast<int64_t>(options.budget));
  }
  return row;
}

void PrintRow(std::FILE* out, const nlohmann::json& row) {
  const std::string method = row["method"];
  if (!row["possible"]) {
    std::fprintf(out, "%-11s %s\n", method.c_str(), row["obstacle"].get<std::string>().c_str());
    return;
  }
  const auto bytes = [&](const char* key) { return FormatBytes(row[key].get<double>()); };
  const auto sum = [&](const char* a, const char* b) {
    return Seconds(row[a].get<double>() + row[b].get<double>());
  };
  const std::string longest =
      row["longest_context"].is_null() ? "-" : row["longest_context"].dump();
  std::fprintf(out, "%-11s %12s %12s %12s %12s %12s %12s %14s\n", method.c_str(),
               bytes("forward_bytes_per_round").c_str(), bytes("backward_bytes_per_round").c_str(),
               sum("forward_compute_s", "backward_compute_s").c_str(),
               sum("forward_exposed_s", "backward_exposed_s").c_str(),
               bytes("forward_peak_bytes").c_str(), bytes("training_peak_bytes").c_str(),
               longest.c_str());
}

void PrintHead(std::FILE* out, const ring::RingPrediction& prediction,
               const ring::RingRates& rates) {
  std::fprintf(out,
               "%lld tokens a rank; a rank computes %.3g operations and sends %.3g bytes a "
               "second\n",
               static_cast<long long>(prediction.tokens_per_rank), rates.flops_per_second,
               rates.bytes_per_second);
  std::fprintf(out, "hops hide from %.0f tokens a rank in forward, %.0f in backward\n\n",
               std::ceil(prediction.forward_threshold), std::ceil(prediction.backward_threshold));
  std::fprintf(out, "%-11s %12s %12s %12s %12s %12s %12s %14s\n", "one layer", "bytes/round",
               "backward", "compute", "exposed", "peak", "in training", "longest");
}

}  // namespace

int RunPlan(Arguments arguments) {
  PlanOptions options;
  OptionSet set = DeclareOptions(options);
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  Complete(options);

  const ring::RingRates rates = {
      .flops_per_second = options.flops > 0 ? options.flops : MeasureFlops(options.problem),
      .bytes_per_second = options.bandwidth > 0 ? options.bandwidth : MeasureCopy(),
      .seconds_per_message = options.latency};
  const ring::RingPrediction prediction =
      ring::PredictRing(options.problem, rates, static_cast<int64_t>(options.budget));

  nlohmann::json result = ResultEnvelope("plan");
  result["options"] = set.ResolvedJson();
  result["tokens_per_rank"] = prediction.tokens_per_rank;
  result["flops_per_second"] = rates.flops_per_second;
  result["bytes_per_second"] = rates.bytes_per_second;
  result["forward_threshold_tokens"] = prediction.forward_threshold;
  result["backward_threshold_tokens"] = prediction.backward_threshold;
  result["chosen"] = nullptr;
  if (prediction.chosen) result["chosen"] = ring::Name(*prediction.chosen);

  std::FILE* const out = TableStream(options.json);
  PrintHead(out, prediction, rates);
  for (const ring::MethodPrediction& method : prediction.methods) {
    result["rows"].push_back(Row(options, method));
    PrintRow(out, result["rows"].back());
  }
  std::fprintf(out, "\n%s\n",
               prediction.chosen ? ("choose " + std::string(ring::Name(*prediction.chosen))).c_str()
                                 : "nothing fits the budget: use more ranks or fewer tokens");
  WriteJson(result, options.json);
  return 0;
}

}  // namespace experiments
