// `ringrl train`: one algorithm, one task, one dataset, one seed.
//
// Reading order: RunTrain() below, then rl::Trainer::Run().
#include "experiments/commands/commands.h"
#include "experiments/commands/policy_evaluation.h"
#include "experiments/commands/train_options.h"
#include "experiments/commands/training_data.h"
#include "experiments/commands/training_record.h"
#include "experiments/json_result.h"
#include "experiments/progress.h"
#include "experiments/signals.h"
#include "rl/agents/algorithm_list.h"
#include "rl/train/run_folder.h"
#include "rl/train/trainer.h"

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace experiments {
namespace {

double SteadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

rl::RunFolder OpenRunFolder(const TrainOptions& options, const std::string& task) {
  if (!options.resume.empty()) return rl::RunFolder::Open(options.resume);
  return rl::RunFolder::Create(options.runs, {.task = task,
                                              .algorithm = options.algorithm,
                                              .seed = options.agent.seed,
                                              .started = LocalTimestamp()});
}

// What happens beside the updates: the progress line, the curves, the evaluations.
class TrainingHooks {
 public:
  TrainingHooks(const TrainOptions& options, const std::string& task, rl::Algorithm& algorithm,
                const StopSignal& stop)
      : options_(options), task_(task), algorithm_(algorithm), stop_(stop) {
    if (options.trainer.evaluate_every > 0) {
      // Made before the first update: a task that cannot be simulated is found out now.
      environment_.emplace(
          ChainEnvironments(task, options.assets, options.evaluation.chains, options.num_threads));
    }
  }

  rl::TrainerHooks Bind(TrainingRecord& record, Progress& progress) {
    rl::TrainerHooks hooks{.seconds = SteadySeconds};
    hooks.on_update = [&progress](int64_t step, const rl::Metrics& metrics) {
      progress.Update(step, ShortNote(metrics));
    };
    hooks.on_metrics = [&record](int64_t step, const rl::Metrics& metrics) {
      record.AddTraining(step, metrics);
    };
    hooks.should_stop = [this] { return stop_.requested(); };
    if (environment_) {
      hooks.evaluate = [this, &record, &progress](int64_t step) {
        Evaluate(step, record, progress);
      };
    }
    return hooks;
  }

 private:
  static std::string ShortNote(const rl::Metrics& metrics) {
    if (metrics.empty()) return "";
    char note[64];
    std::snprintf(note, sizeof(note), "%s %.4f", metrics[0].first.c_str(), metrics[0].second);
    return note;
  }

  void Evaluate(int64_t step, TrainingRecord& record, Progress& progress) {
    if (record.last_evaluation() >= step) return;
    const std::unique_ptr<rl::BatchPolicy> policy =
        algorithm_.MakePolicy(PolicyOptionsOf(options_.evaluation));
    const rl::EvaluationResult result =
        EvaluateWithProgress(*policy, *environment_, options_.evaluation, stop_);
    if (result.interrupted) return;
    record.AddEvaluation(step, result, ReferenceOf(task_));
    progress.Print("step " + std::to_string(step) + "  " + EvaluationLine(result));
    if (step >= options_.trainer.train_steps && options_.json != "-") {
      std::fputs(EvaluationTable(result, ReferenceOf(task_)).c_str(), stdout);
    }
  }

  const TrainOptions& options_;
  std::string task_;
  rl::Algorithm& algorithm_;
  const StopSignal& stop_;
  std::optional<rl::VectorEnvironment> environment_;
};

void PrintOutcome(const rl::TrainingOutcome& outcome, const rl::RunFolder& run, std::FILE* stream) {
  const auto step = static_cast<long long>(outcome.train_step);
  const char* const path = run.path().c_str();
  if (outcome.interrupted) {
    std::fprintf(stream,
                 "interrupted at step %lld, checkpoint saved\n"
                 "continue with: ringrl train --resume %s\n",
                 step, path);
  } else {
    std::fprintf(stream, "trained %lld steps\nrun: %s\n", step, path);
  }
}

}  // namespace

int RunTrain(Arguments arguments) {
  TrainOptions options;
  OptionSet set = DeclareTrainOptions(options);
  if (set.Parse(WithConfigOfResumedRun(arguments)) == OptionSet::Outcome::kDone) return 0;
  ResolveTrainOptions(options);
  std::FILE* const out = TableStream(options.json);
  at::set_num_threads(options.num_threads);
  const StopSignal stop;

  const TrainingData data = LoadTrainingData({.dataset = options.dataset,
                                              .task = options.task,
                                              .assets = options.assets,
                                              .num_threads = options.num_threads});
  options.task = data.task;
  std::fputs(set.ResolvedConfig().c_str(), out);
  std::fputs(DescribeData(data).c_str(), out);

  const std::unique_ptr<rl::Algorithm> algorithm =
      rl::FindAlgorithm(options.algorithm).make(data.episodes, data.task, options.agent);
  TrainingHooks hooks(options, data.task, *algorithm, stop);
  const rl::RunFolder run = OpenRunFolder(options, data.task);
  std::fprintf(out, "run: %s\n", run.path().c_str());
  std::fflush(out);

  rl::CheckpointFolder checkpoints(run.checkpoints());
  Progress progress("training", options.trainer.train_steps, "steps");
  // The record needs the step to continue from, the trainer the record's hooks: the step is asked
  // of the checkpoints, which is what Restore() goes by.
  TrainingRecord record(run, checkpoints.Newest().value_or(0), !options.resume.empty());
  rl::Trainer trainer(*algorithm, checkpoints, options.trainer, hooks.Bind(record, progress));
  const int64_t start = trainer.Restore();
  if (!options.resume.empty()) {
    std::fprintf(out, "continuing from step %lld\n", static_cast<long long>(start));
  }
  options.resume.clear();  // config.cfg starts the run anew
  record.WriteConfiguration(set, arguments, data);
  const rl::TrainingOutcome outcome = trainer.Run();
  progress.Finish();
  PrintOutcome(outcome, run, out);
  WriteJson(record.Result(outcome), options.json);
  return stop.exit_status();
}

}  // namespace experiments
