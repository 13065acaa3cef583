#include "experiments/commands/table_plan.h"

#include "datasets/catalog.h"
#include "experiments/commands/cell_plan.h"
#include "experiments/commands/train_options.h"
#include "experiments/progress.h"

#include <nlohmann/json.hpp>

#include <set>
#include <vector>

namespace experiments {
namespace {

// What `train` would be told by the cell's files.
TrainOptions OptionsOfCell(const TableRecipe& recipe, const Cell& cell) {
  const auto file = [&](const std::string& name) {
    return (recipe.folder / (name + ".cfg")).string();
  };
  const std::vector<std::string> words{"--config=" + file("common"),
                                       "--config=" + file(cell.method), "--task=" + cell.row.task,
                                       "--dataset=planned", "--seed=" + std::to_string(cell.seed)};
  TrainOptions options = DefaultTrainOptions(words);
  OptionSet set = DeclareTrainOptions(options);
  set.Parse(words);
  ResolveTrainOptions(options);
  return options;
}

}  // namespace

nlohmann::json TablePlanRows(const TableRecipe& recipe, const TablePlanOptions& options) {
  const double budget = options.budget > 0 ? options.budget : recipe.budget;
  nlohmann::json rows = nlohmann::json::array();
  for (const Cell& cell : ChosenCells(recipe, options.only)) {
    const TrainOptions train = OptionsOfCell(recipe, cell);
    const datasets::TaskInfo& task = datasets::FindTask(cell.row.task);
    const CellPlan plan = PlanCell(train, datasets::FindDomain(task.domain), options.rates);
    rows.push_back({{"task", cell.row.task},
                    {"collector", cell.row.collector},
                    {"method", cell.method},
                    {"seed", cell.seed},
                    {"ring_size", train.ring_size},
                    {"tokens", plan.tokens},
                    {"tokens_per_rank", plan.tokens_per_rank},
                    {"parameters", plan.parameters},
                    {"bytes_per_rank", plan.bytes_per_rank},
                    {"budget_bytes", budget > 0 ? nlohmann::json(budget) : nlohmann::json()},
                    {"fits", budget <= 0 || plan.bytes_per_rank <= budget},
                    {"seconds_per_update", plan.seconds_per_update},
                    {"train_steps", train.trainer.train_steps},
                    {"hours", plan.hours}});
  }
  return rows;
}

void PrintTablePlan(std::FILE* out, const nlohmann::json& rows) {
  std::fprintf(out, "%-36s %-13s %5s %8s %9s %11s %11s %10s %10s  %s\n", "task @ data", "method",
               "ranks", "tokens", "per rank", "parameters", "bytes/rank", "s/update", "hours", "");
  std::set<std::string> printed;
  double hours = 0;
  int64_t num_oom = 0;
  for (const nlohmann::json& row : rows) {
    const bool fits = row.at("fits");
    if (fits) hours += row.at("hours").get<double>();
    num_oom += fits ? 0 : 1;
    const std::string name =
        row.at("task").get<std::string>() + "@" + row.at("collector").get<std::string>();
    const std::string method = row.at("method");
    if (!printed.insert(name + " " + method).second) continue;
    const auto number = [&](const char* key) { return row.at(key).get<double>(); };
    std::string verdict = "ok";
    if (!fits) {
      verdict = "oom: " + FormatBytes(number("bytes_per_rank")) + " of " +
                FormatBytes(number("budget_bytes"));
    }
    std::fprintf(out, "%-36s %-13s %5.0f %8.0f %9.0f %11.4g %11s %10.3g %10.3g  %s\n", name.c_str(),
                 method.c_str(), number("ring_size"), number("tokens"), number("tokens_per_rank"),
                 number("parameters"), FormatBytes(number("bytes_per_rank")).c_str(),
                 number("seconds_per_update"), number("hours"), verdict.c_str());
  }
  std::fprintf(out, "%zu cells, %lld of them oom; the others train for %.3g hours, one at a time\n",
               rows.size(), static_cast<long long>(num_oom), hours);
}

}  // namespace experiments
