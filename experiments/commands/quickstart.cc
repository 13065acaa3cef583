// `ringrl quickstart`: the whole way in a few minutes, from no data to a report.
//
//   1. A classical controller of rising competence swings up a cartpole: a dataset in seconds.
//   2. `train --recipe quickstart --ring-size 2` fits an Agentic Transformer to it, on two
//   processes
//      that share every context, and evaluates it.
//   3. The report is written where the first line of the output said it would be.
//
// Every step is one that the other commands offer too; nothing here is special.
#include "experiments/commands/commands.h"
#include "experiments/commands/report.h"
#include "experiments/locations.h"
#include "experiments/machine.h"
#include "experiments/options/option_set.h"
#include "experiments/report/run_log.h"
#include "experiments/reproduce/cartpole_data.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace experiments {
namespace {

constexpr const char* kTask = "cartpole_swingup";

struct QuickstartOptions {
  std::filesystem::path output = "runs/quickstart";
  uint64_t seed = 1;
  int threads = DefaultThreads();
  int ring_size = DefaultThreads() >= 2 ? 2 : 1;
  int episodes = 100;
  int64_t steps = 0;   // 0: the recipe's
  int64_t chains = 0;  // 0: the recipe's
};

OptionSet DeclareOptions(QuickstartOptions& options) {
  OptionSet set("quickstart", "make a small dataset, train on it, evaluate, write a report");
  set.Add("output", &options.output, "folder for the data, the run and the report");
  set.Add("seed", &options.seed, "decides the data, the training and the evaluation");
  set.Add("threads", &options.threads, "threads of the arithmetic and of the environments");
  set.Add("ring-size", &options.ring_size, "processes that share every context while training");
  set.Add("episodes", &options.episodes, "episodes of data to make");
  set.Add("steps", &options.steps, "optimizer updates; 0: as many as the recipe says");
  set.Add("chains", &options.chains, "chains to evaluate; 0: as many as the recipe says");
  return set;
}

std::vector<std::string> TrainArguments(const QuickstartOptions& options,
                                        const std::filesystem::path& dataset,
                                        const std::filesystem::path& result) {
  std::vector<std::string> arguments{"--recipe=quickstart",
                                     "--dataset=" + dataset.string(),
                                     "--runs=" + options.output.string(),
                                     "--seed=" + std::to_string(options.seed),
                                     "--evaluation.seed=" + std::to_string(options.seed),
                                     "--threads=" + std::to_string(options.threads),
                                     "--ring-size=" + std::to_string(options.ring_size),
                                     "--json=" + result.string()};
  if (options.steps > 0) arguments.push_back("--train.steps=" + std::to_string(options.steps));
  if (options.chains > 0) {
    arguments.push_back("--evaluation.chains=" + std::to_string(options.chains));
  }
  return arguments;
}

// The folder of the run that `train --json` tells of.
std::string RunFolderOf(const std::filesystem::path& result) {
  std::ifstream stream(result);
  return nlohmann::json::parse(stream).at("run").get<std::string>();
}

void PrintSummary(const RunLog& run) {
  if (!run.data_returns || !run.evaluation) throw std::logic_error("the run has no evaluation");
  const DataReturns& data = *run.data_returns;
  const EvaluationLog& evaluation = *run.evaluation;
  std::printf("\n%s, %zu chains of %zu rollouts\n", run.task.c_str(), evaluation.returns.size(),
              evaluation.returns.at(0).size());
  std::printf("  data    mean %7.1f   median %7.1f   best %7.1f\n", data.mean, data.median,
              data.max);
  for (size_t i = 0; i < kProtocolNames.size(); ++i) {
    const ProtocolResult& result = evaluation.protocols[i];
    std::printf("  %-6s  %12.1f ± %-5.1f  %3.0f %% of the best in the data\n",
                std::string(kProtocolNames[i]).c_str(), result.mean, result.standard_error,
                100 * result.mean / data.max);
  }
}

}  // namespace

int RunQuickstart(Arguments arguments) {
  QuickstartOptions options;
  OptionSet set = DeclareOptions(options);
  if (set.Parse(arguments) == OptionSet::Outcome::kDone) return 0;
  if (options.threads < 1) throw UsageError("--threads must be at least 1");
  if (options.ring_size < 1) throw UsageError("--ring-size must be at least 1");

  const std::filesystem::path report = options.output / "report.html";
  const std::filesystem::path dataset =
      options.output / (std::string(kTask) + "_s" + std::to_string(options.seed) + ".hdf5");
  const std::filesystem::path result = options.output / "train.json";
  std::printf("report, when done: %s\n", report.c_str());
  std::printf("making %d episodes of %s: %s\n", options.episodes, kTask, dataset.c_str());
  std::fflush(stdout);
  MakeCartpoleData({.assets = AssetFolder(),
                    .num_episodes = options.episodes,
                    .seed = options.seed,
                    .num_threads = options.threads},
                   "ringrl quickstart", dataset);

  const int status = RunTrain(TrainArguments(options, dataset, result));
  if (status != 0) return status;

  const std::string run = RunFolderOf(result);
  WriteReport({run}, report);
  PrintSummary(ReadRun(run));
  std::printf("report: %s\n", report.c_str());
  return 0;
}

}  // namespace experiments
