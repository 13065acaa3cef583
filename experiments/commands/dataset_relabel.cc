// `ringrl dataset relabel`: rewards of further tasks, computed from the stored physics states and
// written into the dataset.
#include "datasets/catalog.h"
#include "datasets/task_rewards.h"
#include "experiments/commands/dataset.h"
#include "experiments/locations.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"
#include "experiments/progress.h"
#include "rl/env/mujoco_error.h"
#include "rl/env/relabel.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace experiments {
namespace {

struct RelabelOptions {
  std::filesystem::path dataset, output;
  std::vector<std::string> tasks = {"all"};
  std::string rule = "zero";
  int num_threads = DefaultThreads();
  std::filesystem::path assets = AssetFolder();
};

OptionSet DeclareOptions(RelabelOptions& options) {
  OptionSet set("dataset relabel", "add the rewards of other tasks, from the stored physics");
  set.Add("dataset", &options.dataset, "HDF5 file with physics states");
  set.Add("tasks", &options.tasks, "tasks of its domain, separated by commas, or all");
  set.AddChoice("rule", &options.rule, {"zero", "recorded"},
                "the control the reward sees: zero, as ExoRL relabels, or the recorded action's");
  set.Add("output", &options.output,
          "file to write; empty: the dataset itself, replaced at the end");
  set.Add("threads", &options.num_threads, "threads that compute rewards");
  set.Add("assets", &options.assets, "the dm_control folder with the model files");
  set.TakePositional("dataset");
  set.Require("dataset");
  return set;
}

std::vector<std::string> ResolveTasks(const std::vector<std::string>& wanted,
                                      const datasets::EpisodeReader& reader) {
  const datasets::DatasetAttributes& attributes = reader.attributes();
  if (attributes.physics_dim == 0) {
    throw std::invalid_argument(reader.path().string() +
                                ": it holds no physics states, which rewards are computed from");
  }
  const datasets::DomainInfo& domain = datasets::FindDomain(attributes.domain);
  std::vector<std::string> tasks;
  for (const std::string& name : wanted) {
    if (name == "all") {
      for (const datasets::TaskInfo& task : domain.tasks) tasks.emplace_back(task.name);
    } else if (datasets::FindTask(name).domain != domain.name) {
      throw std::invalid_argument(reader.path().string() + ": it is of domain " +
                                  attributes.domain + ", which has no task '" + name + "'");
    } else {
      tasks.push_back(name);
    }
  }
  return tasks;
}

}  // namespace

int RunDatasetRelabel(std::span<const std::string> arguments) {
  RelabelOptions options;
  OptionSet set = DeclareOptions(options);
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  if (options.output.empty()) options.output = options.dataset;

  const auto reader = datasets::EpisodeReader::Open(options.dataset);
  const std::vector<std::string> tasks = ResolveTasks(options.tasks, reader);
  rl::RelabelerPool relabelers(
      rl::LoadTasksOfOneDomain(tasks, options.assets),
      options.rule == "zero" ? rl::RelabelRule::kZeroControl : rl::RelabelRule::kRecordedControl);
  const auto compute = [&](int64_t /*index*/, const datasets::Episode& episode) {
    std::map<std::string, std::vector<float>> rewards;
    const auto relabelled = relabelers.Relabel(episode.physics, episode.actions);
    for (size_t i = 0; i < tasks.size(); ++i) {
      rewards[tasks[i]].assign(relabelled[i].begin(), relabelled[i].end());
    }
    return rewards;
  };
  Progress progress("relabelling", reader.num_episodes(), "episodes");
  const auto start = std::chrono::steady_clock::now();
  datasets::RewriteWithTaskRewards(
      options.dataset, options.output, compute,
      {.relabelling = options.rule,
       .mujoco_version = rl::MujocoLibraryVersion(),
       .num_threads = options.num_threads,
       .on_progress = [&](int64_t done, int64_t /*total*/) { progress.Update(done); }});
  progress.Finish();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const double states =
      static_cast<double>(reader.attributes().total_steps + reader.num_episodes());
  std::printf("relabelled  %lld episodes for %zu tasks by the rule '%s' (%.0f states/s)\n",
              static_cast<long long>(reader.num_episodes()), tasks.size(), options.rule.c_str(),
              states / elapsed.count());
  std::printf("wrote       %s\n", options.output.c_str());
  return 0;
}

}  // namespace experiments
