// `ringrl dataset info`: what a dataset file says it is, and the returns that are in it.
#include "datasets/catalog.h"
#include "datasets/episode_store.h"
#include "experiments/commands/dataset.h"
#include "experiments/json_result.h"
#include "experiments/options/option_set.h"
#include "experiments/progress.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace experiments {
namespace {

struct InfoOptions {
  std::filesystem::path dataset;
  std::string json;
};

struct ReturnSummary {
  double min = 0, median = 0, mean = 0, max = 0;
};

// REQUIRES: `returns` is not empty.
ReturnSummary Summarize(std::vector<double> returns) {
  std::sort(returns.begin(), returns.end());
  const size_t middle = returns.size() / 2;
  const double median =
      returns.size() % 2 == 1 ? returns[middle] : (returns[middle - 1] + returns[middle]) / 2;
  const double sum = std::accumulate(returns.begin(), returns.end(), 0.0);
  return {returns.front(), median, sum / static_cast<double>(returns.size()), returns.back()};
}

// Return of every episode, by task. The rewards as collected stand under the collection task's
// name, with " (collected)" where relabelled ones of that task exist beside them.
std::map<std::string, std::vector<double>> Returns(const datasets::EpisodeReader& reader) {
  const std::vector<std::string> tasks = reader.tasks();
  const std::string& own = reader.attributes().task;
  const bool both = std::find(tasks.begin(), tasks.end(), own) != tasks.end();
  const std::string collected = both ? own + " (collected)" : own;
  std::map<std::string, std::vector<double>> returns;
  for (int64_t i = 0; i < reader.num_episodes(); ++i) {
    std::vector<float> rewards(static_cast<size_t>(reader.num_steps(i)));
    reader.ReadColumn(i, "rewards", rewards);
    returns[collected].push_back(std::accumulate(rewards.begin(), rewards.end(), 0.0));
    rewards.resize(rewards.size() + 1);
    for (const std::string& task : tasks) {
      reader.ReadColumn(i, "infos/rewards/" + task, rewards);
      returns[task].push_back(std::accumulate(rewards.begin() + 1, rewards.end(), 0.0));
    }
  }
  return returns;
}

void PrintAttributes(std::FILE* out, const datasets::EpisodeReader& reader) {
  const datasets::DatasetAttributes& attributes = reader.attributes();
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) std::fprintf(out, "%-18s %s\n", name, value.c_str());
  };
  const auto size = static_cast<double>(std::filesystem::file_size(reader.path()));
  line("file", reader.path().string() + " (" + FormatBytes(size) + ")");
  line("domain", attributes.domain);
  line("collector", attributes.collector);
  line("collection task", attributes.task);
  line("relabelling", attributes.relabelling);
  line("MuJoCo version", attributes.mujoco_version);
  line("sources", attributes.sources);
  line("compressed", attributes.compressed ? "yes" : "no");
  line("episodes", std::to_string(attributes.total_episodes));
  line("steps", std::to_string(attributes.total_steps));
  line("dimensions", "observation " + std::to_string(attributes.observation_dim) + ", action " +
                         std::to_string(attributes.action_dim) + ", physics " +
                         std::to_string(attributes.physics_dim));
}

void PrintReturns(std::FILE* out, const nlohmann::json& rows) {
  std::fprintf(out, "\n%-40s %9s %9s %9s %9s\n", "return of an episode", "min", "median", "mean",
               "max");
  for (const nlohmann::json& row : rows) {
    std::fprintf(out, "%-40s %9.2f %9.2f %9.2f %9.2f\n",
                 row["task"].get_ref<const std::string&>().c_str(), row["min"].get<double>(),
                 row["median"].get<double>(), row["mean"].get<double>(), row["max"].get<double>());
  }
}

nlohmann::json AttributesJson(const datasets::DatasetAttributes& attributes) {
  return {{"domain", attributes.domain},
          {"collector", attributes.collector},
          {"task", attributes.task},
          {"relabelling", attributes.relabelling},
          {"mujoco_version", attributes.mujoco_version},
          {"sources", attributes.sources},
          {"compressed", attributes.compressed},
          {"format_version", attributes.format_version},
          {"episodes", attributes.total_episodes},
          {"steps", attributes.total_steps},
          {"observation_dim", attributes.observation_dim},
          {"action_dim", attributes.action_dim},
          {"physics_dim", attributes.physics_dim}};
}

}  // namespace

int RunDatasetInfo(std::span<const std::string> arguments) {
  InfoOptions options;
  OptionSet set("dataset info", "print what a dataset file holds");
  set.Add("dataset", &options.dataset, "HDF5 file to describe");
  set.Add("json", &options.json, "file for the same as JSON, - for stdout");
  set.TakePositional("dataset");
  set.Require("dataset");
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;

  const auto reader = datasets::EpisodeReader::Open(options.dataset);
  nlohmann::json result = ResultEnvelope("dataset info");
  result["dataset"] = AttributesJson(reader.attributes());
  for (const auto& [task, returns] : Returns(reader)) {
    const ReturnSummary summary = Summarize(returns);
    result["rows"].push_back({{"task", task},
                              {"min", summary.min},
                              {"median", summary.median},
                              {"mean", summary.mean},
                              {"max", summary.max}});
  }
  std::FILE* out = TableStream(options.json);
  PrintAttributes(out, reader);
  PrintReturns(out, result["rows"]);
  WriteJson(result, options.json);
  return 0;
}

}  // namespace experiments
