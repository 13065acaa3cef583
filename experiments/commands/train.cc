// `ringrl train`: one algorithm, one task, one dataset, one seed; on one process or on a ring of
// them. With several seeds it starts itself once for each.
//
// Reading order: RunTrain() and TrainRank() below, then rl::Trainer::Run().
#include "experiments/commands/commands.h"
#include "experiments/commands/policy_evaluation.h"
#include "experiments/commands/ring_ranks.h"
#include "experiments/commands/seed_sweep.h"
#include "experiments/commands/train_options.h"
#include "experiments/commands/training_data.h"
#include "experiments/commands/training_record.h"
#include "experiments/environment.h"
#include "experiments/json_result.h"
#include "experiments/progress.h"
#include "experiments/signals.h"
#include "experiments/startup_clock.h"
#include "ring/parallel/collectives.h"
#include "ring/runtime/ring.h"
#include "ring/runtime/world.h"
#include "rl/agents/algorithm_list.h"
#include "rl/train/run_folder.h"
#include "rl/train/trainer.h"

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace experiments {
namespace {

double SteadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

rl::RunFolder OpenRunFolder(const TrainOptions& options, const std::string& task) {
  if (!options.resume.empty()) return rl::RunFolder::Open(options.resume);
  if (!options.run_folder.empty()) return rl::RunFolder::CreateAt(options.run_folder);
  return rl::RunFolder::Create(
      options.runs, {.task = task,
                     .algorithm = options.algorithm,
                     .stem = "s" + std::to_string(options.agent.seed) + "_" + LocalTimestamp()});
}

// What the first rank does beside the updates, alone: the run's folder, the curves, the progress
// line, the evaluations.
class FirstRank {
 public:
  // Everything that may be refused is refused here, before the first update: a task that cannot be
  // simulated, a folder in use. All references must outlive it.
  FirstRank(const TrainOptions& options, const TrainingData& data, rl::Algorithm& algorithm,
            const StopSignal& stop)
      : options_(options),
        data_(data),
        algorithm_(algorithm),
        stop_(stop),
        environment_(MakeEnvironment(options, data.task)),
        run_(OpenRunFolder(options, data.task)),
        checkpoints_(run_.checkpoints()),
        progress_("training", options.trainer.train_steps, "steps"),
        // The record needs the step to continue from, the trainer the record's hooks: the step is
        // asked of the checkpoints, which is what Restore() goes by.
        record_(run_, checkpoints_.Newest().value_or(0), !options.resume.empty()) {}

  rl::CheckpointFolder& checkpoints() { return checkpoints_; }

  // `startup` runs until the first update is done.
  rl::TrainerHooks Hooks(StartupClock& startup) {
    rl::TrainerHooks hooks{.seconds = SteadySeconds};
    hooks.on_update = [this, &startup, starts = true](int64_t step,
                                                      const rl::Metrics& metrics) mutable {
      if (std::exchange(starts, false)) {
        startup.End("first_update");
        record_.AddStartup(startup);
      }
      progress_.Update(step, ShortNote(metrics));
    };
    hooks.on_metrics = [this](int64_t step, const rl::Metrics& metrics) {
      record_.AddTraining(step, metrics);
    };
    if (environment_) hooks.evaluate = [this](int64_t step) { return Evaluate(step); };
    hooks.earlier_scores = record_.Scores(options_.trainer);
    return hooks;
  }

  // `configuration` is what starts the run anew.
  void Begin(int64_t step, const OptionSet& configuration, Arguments arguments) {
    std::FILE* const out = TableStream(options_.json);
    std::fputs(configuration.ResolvedConfig().c_str(), out);
    std::fputs(DescribeData(data_).c_str(), out);
    std::fprintf(out, "run: %s\n", run_.path().c_str());
    if (step > 0) std::fprintf(out, "continuing from step %lld\n", static_cast<long long>(step));
    std::fflush(out);
    record_.WriteConfiguration(configuration, arguments, data_);
  }

  void Finish(const rl::TrainingOutcome& outcome) {
    progress_.Finish();
    const nlohmann::json result = record_.Result(outcome, options_.trainer);
    run_.WriteFile("result.json", result.dump(2) + "\n");
    std::FILE* const out = TableStream(options_.json);
    if (outcome.best && outcome.newest) std::fputs(DescribeScores(result).c_str(), out);
    const auto step = static_cast<long long>(outcome.train_step);
    if (outcome.end == rl::RunEnd::kInterrupted) {
      std::fprintf(out,
                   "interrupted at step %lld, checkpoint saved\n"
                   "continue with: ringrl train --resume %s\n",
                   step, run_.path().c_str());
    } else if (outcome.end == rl::RunEnd::kNoImprovement) {
      std::fprintf(out,
                   "stopped at step %lld of %lld: %lld scores in a row brought no improvement\n"
                   "go on nevertheless with: ringrl train --resume %s --train.patience N\n",
                   step, static_cast<long long>(options_.trainer.train_steps),
                   static_cast<long long>(options_.trainer.patience), run_.path().c_str());
    } else {
      std::fprintf(out, "trained %lld steps\nrun: %s\n", step, run_.path().c_str());
    }
    WriteJson(result, options_.json);
  }

 private:
  static std::optional<rl::VectorEnvironment> MakeEnvironment(const TrainOptions& options,
                                                              const std::string& task) {
    if (options.trainer.evaluate_every == 0) return std::nullopt;
    return std::make_optional<rl::VectorEnvironment>(
        ChainEnvironments(task, options.assets, options.evaluation.chains, options.num_threads));
  }

  static std::string DescribeScores(const nlohmann::json& result) {
    char line[256];
    std::snprintf(line, sizeof(line),
                  "%s: last %.4g at step %lld; best %.4g at step %lld, which is optimistic, for it "
                  "was chosen by it\n",
                  result["score"].get<std::string>().c_str(), result["last"]["value"].get<double>(),
                  result["last"]["train_step"].get<long long>(),
                  result["best"]["value"].get<double>(),
                  result["best"]["train_step"].get<long long>());
    return line;
  }

  static std::string ShortNote(const rl::Metrics& metrics) {
    if (metrics.empty()) return "";
    char note[64];
    std::snprintf(note, sizeof(note), "%s %.4f", metrics[0].first.c_str(), metrics[0].second);
    return note;
  }

  // With all the threads: the other ranks wait meanwhile. See rl::TrainerHooks.
  std::optional<double> Evaluate(int64_t step) {
    if (record_.last_evaluation() >= step) return std::nullopt;
    const int threads_of_rank = at::get_num_threads();
    at::set_num_threads(options_.num_threads);
    const std::unique_ptr<rl::BatchPolicy> policy =
        algorithm_.MakePolicy(PolicyOptionsOf(options_.evaluation));
    const rl::EvaluationResult result =
        EvaluateWithProgress(*policy, *environment_, options_.evaluation, stop_);
    at::set_num_threads(threads_of_rank);
    if (result.interrupted) return std::nullopt;
    record_.AddEvaluation(step, result, ReferenceOf(data_.task));
    progress_.Print("step " + std::to_string(step) + "  " + EvaluationLine(result));
    if (step >= options_.trainer.train_steps && options_.json != "-") {
      std::fputs(EvaluationTable(result, ReferenceOf(data_.task)).c_str(), stdout);
    }
    // As the record has it: a resumed run, which reads it there, must see the same.
    const std::vector<rl::StepScore> scores = record_.Scores(options_.trainer);
    if (scores.empty() || scores.back().train_step != step) return std::nullopt;
    return scores.back().value;
  }

  const TrainOptions& options_;
  const TrainingData& data_;
  rl::Algorithm& algorithm_;
  const StopSignal& stop_;
  std::optional<rl::VectorEnvironment> environment_;
  rl::RunFolder run_;
  rl::CheckpointFolder checkpoints_;
  Progress progress_;
  TrainingRecord record_;
};

// A signal to any rank ends all of them, and all say so.
int ExitStatus(const rl::TrainingOutcome& outcome, const StopSignal& stop) {
  if (outcome.end == rl::RunEnd::kInterrupted && !stop.requested()) return 128 + SIGTERM;
  return stop.exit_status();
}

// One rank's part, or the whole of a ring of one.
int TrainRank(TrainOptions& options, Arguments arguments, const ring::Ring& ring,
              const StopSignal& stop, StartupClock& startup) {
  TrainingData data;
  std::unique_ptr<rl::Algorithm> algorithm;
  std::optional<FirstRank> first;
  const bool ready = SucceedsOnEveryRank(ring, [&] {
    CheckRingSize(options.ring_size, ring);
    data = LoadTrainingData({.dataset = options.dataset,
                             .task = options.task,
                             .assets = options.assets,
                             .num_threads = at::get_num_threads()});
    options.task = data.task;
    startup.End("data");
    algorithm =
        rl::FindAlgorithm(options.algorithm).make(data.episodes, data.task, options.agent, ring);
    startup.End("algorithm");
    if (ring.rank() == 0) first.emplace(options, data, *algorithm, stop);
    startup.End("environments");
  });
  if (!ready) return 1;

  rl::TrainerHooks hooks =
      first ? first->Hooks(startup) : rl::TrainerHooks{.seconds = SteadySeconds};
  hooks.should_stop = [&stop] { return stop.requested(); };
  rl::Trainer trainer(*algorithm, first ? &first->checkpoints() : nullptr, options.trainer, hooks,
                      ring);
  const int64_t start = trainer.Restore();
  if (first) first->Begin(start, SavedTrainOptions(options).set(), arguments);
  startup.End("record");
  const rl::TrainingOutcome outcome = trainer.Run();
  if (!options.trace.empty()) WriteRingTrace(options.trace, ring);
  if (first) first->Finish(outcome);
  // Nobody leaves before the first is done: a rank that ends is a reason for the others to.
  ring::WaitForAll(ring, "the end of training", std::chrono::minutes(10));
  return ExitStatus(outcome, stop);
}

}  // namespace

int RunTrain(Arguments arguments) {
  StartupClock startup;
  const std::vector<std::string> words = WithConfigOfResumedRun(arguments);
  TrainOptions options = DefaultTrainOptions(words);
  OptionSet set = DeclareTrainOptions(options);
  if (set.Parse(words) == OptionSet::Outcome::kDone) return 0;
  ResolveTrainOptions(options);
  if (!options.seeds.empty()) return RunSeedSweep(options);

  ring::WorldOptions place = PlaceInWorld();
  if (MustStartRanks(options.ring_size, place)) {
    std::vector<std::string> command(arguments.begin(), arguments.end());
    command.insert(command.begin(), "train");
    return StartRanks(options.ring_size, std::move(command));
  }
  place.trace = !options.trace.empty();
  at::set_num_threads(ThreadsOfRank(options.num_threads, place));
  const StopSignal stop;
  const ring::World world(place);
  startup.End("options");
  return TrainRank(options, arguments, world.MakeRing(world.size()), stop, startup);
}

}  // namespace experiments
