// `ringrl reproduce exorl --scale laptop`: a whole table, continued where an earlier call stopped,
// then its report.
#include "experiments/commands/reproduce.h"

#include "experiments/commands/measured_rates.h"
#include "experiments/commands/table_plan.h"
#include "experiments/json_result.h"
#include "experiments/locations.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"
#include "experiments/progress.h"
#include "experiments/reproduce/table_recipe.h"
#include "experiments/reproduce/table_report.h"
#include "experiments/reproduce/table_run.h"
#include "experiments/signals.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <string>

namespace experiments {
namespace {

struct ReproduceOptions {
  std::string table = "exorl", scale = "smoke";
  std::filesystem::path recipe, output, data, assets = AssetFolder();
  std::string only;
  int num_jobs = 1, num_threads = DefaultThreads();

  bool plan = false;
  double flops = 0, bandwidth = 0, budget = 0;
  std::string json;
};

OptionSet DeclareOptions(ReproduceOptions& options) {
  OptionSet set("reproduce", "fill a table of tasks, methods and seeds, and report on it");
  set.Add("table", &options.table, "the table, a folder of the recipes");
  set.AddChoice(
      "scale", &options.scale, {"smoke", "laptop", "paper"},
      "smoke: minutes, makes its own data; laptop: at most 6 hours on two cores; paper: the "
      "size of the Ring Attention paper");
  set.Add("folder", &options.recipe,
          "folder with a table of your own, instead of --table, --scale");
  set.Add("output", &options.output,
          "the table's folder, continued if it exists; empty: runs/<table>_<scale>");
  set.Add("data", &options.data,
          "folder with datasets, <domain>_<collector>.hdf5, or ExoRL's files, "
          "<domain>/<collector>.zip or folders; imported and relabelled where need be");
  set.Add("only", &options.only,
          "cells to fill: task,method,seed, where an empty part stands for all and a task may be a "
          "row, walker_walk@rnd");
  set.Add("jobs", &options.num_jobs, "cells trained at once");
  set.Add("threads", &options.num_threads, "threads of all jobs together");
  set.Add("assets", &options.assets, "the dm_control folder with the model files");
  set.Add(
      "plan", &options.plan,
      "run nothing: print what each cell would take, or oom where its bytes are over the budget");
  set.Add("flops", &options.flops,
          "--plan: operations a second of one rank; 0: measure this machine's kernel");
  set.Add("bandwidth", &options.bandwidth,
          "--plan: bytes a second from rank to rank; 0: measure a copy in this machine's memory");
  set.Add("budget", &options.budget, "--plan: bytes a rank may use, as 16e9; 0: the recipe's");
  set.Add("json", &options.json, "--plan: file for the plan as JSON, - for stdout");
  set.TakePositional("table");
  return set;
}

void Resolve(ReproduceOptions& options) {
  if (options.num_jobs < 1 || options.num_threads < 1) {
    throw UsageError("--jobs and --threads must be at least 1");
  }
  const bool own = !options.recipe.empty();
  const std::string name =
      own ? options.recipe.filename().string() : options.table + "_" + options.scale;
  if (!own) options.recipe = RecipeFolder() / options.table / options.scale;
  if (options.output.empty()) options.output = std::filesystem::path("runs") / name;
  if (!std::filesystem::exists(options.recipe / "table.cfg")) {
    throw UsageError("there is no table " + (options.recipe / "table.cfg").string());
  }
  options.output = std::filesystem::absolute(options.output);
  options.assets = std::filesystem::absolute(options.assets);
  if (!options.data.empty()) options.data = std::filesystem::absolute(options.data);
}

int PlanTable(const TableRecipe& recipe, const ReproduceOptions& options) {
  TablePlanOptions plan{.only = options.only, .budget = options.budget, .rates = {}};
  plan.rates.flops_per_second = options.flops > 0 ? options.flops : MeasureFlops({});
  plan.rates.bytes_per_second = options.bandwidth > 0 ? options.bandwidth : MeasureCopy();
  nlohmann::json result = ResultEnvelope("reproduce");
  result["flops_per_second"] = plan.rates.flops_per_second;
  result["bytes_per_second"] = plan.rates.bytes_per_second;
  result["rows"] = TablePlanRows(recipe, plan);
  std::FILE* const out = TableStream(options.json);
  std::fprintf(out, "a rank computes %.3g operations and sends %.3g bytes a second\n",
               plan.rates.flops_per_second, plan.rates.bytes_per_second);
  PrintTablePlan(out, result["rows"]);
  WriteJson(result, options.json);
  return 0;
}

}  // namespace

int RunReproduce(std::span<const std::string> arguments) {
  ReproduceOptions options;
  OptionSet set = DeclareOptions(options);
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  Resolve(options);
  const TableRecipe recipe = ReadTableRecipe(options.recipe);
  if (options.plan) return PlanTable(recipe, options);
  const StopSignal stop;
  const TableRunResult result =
      RunTable(recipe, {.data = {.program = "/proc/self/exe",
                                 .output = options.output,
                                 .data = options.data,
                                 .assets = options.assets,
                                 .episodes = recipe.episodes,
                                 .num_threads = options.num_threads},
                        .only = options.only,
                        .num_jobs = options.num_jobs,
                        .should_stop = [&stop] { return stop.requested(); },
                        .say =
                            [](const std::string& line) {
                              std::printf("%s\n", line.c_str());
                              std::fflush(stdout);
                            }});
  if (result.finished > 0) {
    WriteTableReport(options.output);
    std::printf("report: %s\n", (options.output / "report.html").c_str());
  }
  for (const std::string& failure : result.failures) std::fprintf(stderr, "%s\n", failure.c_str());
  if (stop.requested()) {
    std::printf("stopped; call again to continue\n");
    return stop.exit_status();
  }
  return result.failures.empty() ? 0 : 1;
}

}  // namespace experiments
