#include "experiments/commands/bench_act.h"

#include "experiments/benchmarks/act_step.h"
#include "experiments/json_result.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"
#include "experiments/options/usage_error.h"

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>

namespace experiments {

int RunBenchActStep(Arguments arguments) {
  ActStepOptions step;
  int threads = DefaultThreads();
  OptionSet set("bench act-step", "one acting measurement of bench train, which starts it");
  set.Add("context-steps", &step.context_steps, "steps of the context, four tokens each");
  set.Add("episodes", &step.episodes, "episodes at once");
  set.Add("layers", &step.layers, "transformer layers");
  set.Add("heads", &step.heads, "attention heads");
  set.Add("dim", &step.dim, "width of the residual stream");
  set.Add("seconds", &step.seconds, "time to measure each figure");
  set.Add("recompute", &step.recompute, "measure computing the whole context, too");
  set.Add("threads", &threads, "threads of the arithmetic");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  if (threads < 1) throw UsageError("--threads must be at least 1");
  at::set_num_threads(threads);
  const ActStepFigures figures = MeasureActStep(step);
  std::printf("%.9f %.9f %.9f %.9f %lld\n", figures.cached, figures.by_layers, figures.recomputed,
              figures.bound, static_cast<long long>(figures.cache_bytes));
  return 0;
}

void PrintActing(const nlohmann::json& rows, std::FILE* out) {
  constexpr const char* kLine = "%-16s %9s %9s %9s %9s %9s %11s %11s %9s\n";
  std::fprintf(out, kLine, "acting, ms", "episodes", "ours", "bound", "layers", "pytorch",
               "recompute", "pytorch", "cache MB");
  for (const nlohmann::json& row : rows) {
    std::fprintf(out, kLine, (row["context_steps"].dump() + " steps").c_str(),
                 row["episodes"].dump().c_str(), Figure(row["ours_ms"], 3).c_str(),
                 Figure(row["bound_ms"], 3).c_str(), Figure(row["by_layers_ms"], 3).c_str(),
                 Figure(row["peer_ms"], 3).c_str(), Figure(row["recompute_ms"], 1).c_str(),
                 Figure(row["peer_recompute_ms"], 1).c_str(),
                 Figure(row["cache_bytes_per_episode"], 2, 1e-6).c_str());
  }
}

}  // namespace experiments
