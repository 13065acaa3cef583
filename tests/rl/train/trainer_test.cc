// The trainer with a toy algorithm: a weight that drifts by draws from a generator of its own, so
// that a lost or repeated draw, a wrong rate or a wrong step shows in every later bit.
#include "rl/train/trainer.h"

#include "tests/support/temporary_folder.h"

#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <stdexcept>

namespace rl {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class ToyAlgorithm : public Algorithm {
 public:
  Metrics Update(int64_t train_step, double learning_rate) override {
    const double draw = std::uniform_real_distribution<double>()(rng_);
    velocity_ = velocity_ * 0.9 + draw + static_cast<double>(train_step);
    weight_ -= learning_rate * velocity_;
    return {{"loss", draw}, {"tokens", 10}, {"steps", 5}};
  }
  // Falls to 0.1 in forty steps of a toy, and rises then.
  Metrics Validate() override { return {{"validation_loss", std::abs(weight_ - 0.1)}}; }
  std::unique_ptr<BatchPolicy> MakePolicy(const PolicyOptions&) const override { return nullptr; }
  NamedTensors ModelTensors() const override {
    return {{"weight", at::full({1}, weight_, at::kDouble)}};
  }
  nlohmann::json ModelConfig() const override { return {{"algorithm", "toy"}}; }
  void SaveTraining(NamedTensors& tensors, nlohmann::json& scalars) const override {
    tensors["velocity"] = at::full({1}, velocity_, at::kDouble);
    std::ostringstream state;
    state << rng_;
    scalars["rng"] = state.str();
  }
  void LoadModel(const NamedTensors& tensors) override {
    weight_ = tensors.at("weight").item<double>();
  }
  void LoadTraining(const NamedTensors& tensors, const nlohmann::json& scalars) override {
    velocity_ = tensors.at("velocity").item<double>();
    std::istringstream(scalars.at("rng").get<std::string>()) >> rng_;
  }

 private:
  std::mt19937_64 rng_{301};
  double weight_ = 1;
  double velocity_ = 0;
};

// What a run did, in order: "log 10", "save 10", "evaluate 10".
struct TestRun {
  fs::path folder;
  TrainerOptions options;
  int64_t stop_at = -1;                     // a stop is asked for once this many updates are done
  std::map<int64_t, double> returns = {};   // of the evaluations, by step; else 0
  std::map<int64_t, double> recorded = {};  // those made: what the curves would hold
  std::vector<std::string> events = {};
  TrainingOutcome outcome = {};

  // A new process, as it were: everything but the folder starts afresh.
  void Start() {
    ToyAlgorithm algorithm;
    CheckpointFolder checkpoints(folder);
    int64_t done = 0;
    TrainerHooks hooks{
        .seconds = [] { return 0.0; },
        .on_update = [&done](int64_t step, const Metrics&) { done = step; },
        .on_metrics = [this](int64_t step, const Metrics&) { Note("log", step); },
        .on_checkpoint = [this](int64_t step, const fs::path&) { Note("save", step); },
        .evaluate = [this](int64_t step) { return Evaluate(step); },
        .earlier_scores = EarlierScores(checkpoints.Newest().value_or(0)),
        .should_stop = [this, &done] { return stop_at >= 0 && done >= stop_at; }};
    Trainer trainer(algorithm, &checkpoints, options, hooks, ring::Ring());
    trainer.Restore();
    outcome = trainer.Run();
  }

  std::optional<double> Evaluate(int64_t step) {
    Note("evaluate", step);
    if (recorded.contains(step)) return std::nullopt;
    return recorded[step] = returns.contains(step) ? returns.at(step) : 0;
  }

  // Forgets, as curves do, what is about to be made again.
  std::vector<StepScore> EarlierScores(int64_t resume_step) {
    recorded.erase(recorded.upper_bound(resume_step), recorded.end());
    std::vector<StepScore> scores;
    for (const auto& [step, value] : recorded)
      scores.push_back({.train_step = step, .value = value});
    return scores;
  }

  void Note(const std::string& event, int64_t step) {
    events.push_back(event + " " + std::to_string(step));
  }
};

TrainerOptions Every(int64_t train_steps, int64_t log, int64_t save, int64_t evaluate) {
  return {.train_steps = train_steps,
          .log_every = log,
          .validate_every = 0,
          .checkpoint_every = save,
          .evaluate_every = evaluate,
          .keep_checkpoints = 0,
          .learning_rate = {.peak = 0.1, .warmup_steps = 3, .schedule_steps = 40}};
}

std::map<std::string, std::string> Files(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename()] = {std::istreambuf_iterator<char>(file),
                                      std::istreambuf_iterator<char>()};
  }
  return files;
}

TEST(TrainerTest, DoesEverythingWhenItIsDueAndAtTheEnd) {
  const tests::TemporaryFolder folder;
  TestRun run{.folder = folder.path(), .options = Every(7, 2, 3, 5)};
  run.Start();
  // The first evaluation is the best so far, and gets a checkpoint of its own.
  EXPECT_THAT(run.events, ElementsAre("log 2", "save 3", "log 4", "evaluate 5", "save 5", "log 6",
                                      "save 6", "log 7", "save 7", "evaluate 7"));
  EXPECT_EQ(run.outcome.train_step, 7);
  EXPECT_EQ(run.outcome.end, RunEnd::kFinished);
}

// 17 is no multiple of any period, so an interval of the log is cut in two as well.
TEST(TrainerTest, InterruptedAndResumedEqualsUninterruptedByteForByte) {
  const tests::TemporaryFolder folder;
  TestRun whole{.folder = folder / "whole", .options = Every(40, 5, 20, 0)};
  whole.Start();
  TestRun parts{.folder = folder / "parts", .options = Every(40, 5, 20, 0), .stop_at = 17};
  parts.Start();
  EXPECT_EQ(parts.outcome.end, RunEnd::kInterrupted);
  EXPECT_EQ(parts.events.back(), "save 17");
  parts.stop_at = -1;
  parts.Start();
  EXPECT_EQ(parts.outcome.train_step, 40);
  for (const std::string step : {"20", "40"}) {
    EXPECT_EQ(Files(folder / "parts" / step), Files(folder / "whole" / step)) << "step " << step;
  }
}

TEST(TrainerTest, ALengthenedRunEqualsALongOneOfTheSameSchedule) {
  const tests::TemporaryFolder folder;
  TestRun whole{.folder = folder / "whole", .options = Every(40, 7, 10, 0)};
  whole.Start();
  TestRun parts{.folder = folder / "parts", .options = Every(20, 7, 10, 0)};
  parts.Start();
  parts.options.train_steps = 40;
  parts.Start();
  EXPECT_EQ(Files(folder / "parts" / "40"), Files(folder / "whole" / "40"));
}

// Killed between checkpoints: what was done since the last one is done again.
TEST(TrainerTest, AKilledRunContinuesFromItsNewestCheckpoint) {
  const tests::TemporaryFolder folder;
  TestRun whole{.folder = folder / "whole", .options = Every(40, 5, 10, 0)};
  whole.Start();
  TestRun killed{.folder = folder / "killed", .options = Every(40, 5, 10, 0)};
  killed.Start();
  for (const std::string step : {"40", "30"}) fs::remove_all(folder / "killed" / step);
  fs::create_directory(folder / "killed" / ".30.partial");
  killed.events.clear();
  killed.Start();
  EXPECT_EQ(killed.events.front(), "log 25");
  EXPECT_EQ(Files(folder / "killed" / "40"), Files(folder / "whole" / "40"));
}

// The algorithm must not be able to hide a difference: another number of steps is another file.
TEST(TrainerTest, AnotherStepHasOtherBytes) {
  const tests::TemporaryFolder folder;
  TestRun run{.folder = folder.path(), .options = Every(40, 5, 20, 0)};
  run.Start();
  EXPECT_NE(Files(folder / "20"), Files(folder / "40"));
}

TEST(TrainerTest, AStopBeforeTheFirstUpdateSavesStepZero) {
  const tests::TemporaryFolder folder;
  TestRun run{.folder = folder.path(), .options = Every(40, 5, 20, 0), .stop_at = 0};
  run.Start();
  EXPECT_THAT(run.events, ElementsAre("save 0"));
  EXPECT_EQ(run.outcome.end, RunEnd::kInterrupted);
}

TEST(TrainerTest, AResumedRunAsksAgainForTheEvaluationOfItsStep) {
  const tests::TemporaryFolder folder;
  TestRun run{.folder = folder.path(), .options = Every(20, 0, 10, 10), .stop_at = 10};
  run.Start();
  run.events.clear();
  run.stop_at = -1;
  run.Start();
  EXPECT_THAT(run.events, ElementsAre("evaluate 10", "save 20", "evaluate 20"));
}

TEST(TrainerTest, KeepsTheNumberOfCheckpointsAskedFor) {
  const tests::TemporaryFolder folder;
  TestRun run{.folder = folder.path(), .options = Every(40, 0, 10, 0)};
  run.options.keep_checkpoints = 2;
  run.Start();
  EXPECT_THAT(CheckpointFolder(folder.path()).Steps(), ElementsAre(30, 40));
}

// Evaluations between checkpoints: the best step gets one of its own, and outlives newer ones.
TEST(TrainerTest, KeepsTheBestCheckpointWhateverItsAge) {
  const tests::TemporaryFolder folder;
  TestRun run{.folder = folder.path(), .options = Every(40, 0, 10, 4)};
  run.options.keep_checkpoints = 2;
  run.returns = {{4, 1}, {8, 5}, {12, 3}, {16, 5}};
  run.Start();
  const CheckpointFolder checkpoints(folder.path());
  EXPECT_EQ(checkpoints.Best(), 8);
  EXPECT_THAT(checkpoints.Steps(), ElementsAre(8, 30, 40));
  EXPECT_EQ(run.outcome.best->train_step, 8);
  EXPECT_EQ(run.outcome.best->value, 5);
  EXPECT_EQ(run.outcome.newest->train_step, 40);
  EXPECT_EQ(run.outcome.newest->value, 0);
}

TEST(TrainerTest, AResumedRunHasTheBestOfAnUninterruptedOne) {
  const tests::TemporaryFolder folder;
  TestRun whole{.folder = folder / "whole", .options = Every(40, 5, 10, 4)};
  whole.returns = {{4, 1}, {8, 5}, {24, 7}, {28, 6}};
  whole.Start();
  for (const int64_t stop : {6, 9, 17, 24, 31}) {
    TestRun parts = whole;
    parts.folder = folder / std::to_string(stop);
    parts.recorded.clear();
    parts.stop_at = stop;
    parts.Start();
    parts.stop_at = -1;
    parts.Start();
    EXPECT_EQ(CheckpointFolder(parts.folder).Best(), 24) << stop;
    for (const std::string step : {"24", "40"}) {
      EXPECT_EQ(Files(parts.folder / step), Files(folder / "whole" / step)) << stop;
    }
  }
}

// The score was written down, and then the power failed.
TEST(TrainerTest, ABestThatACrashLeftUnmarkedIsMarkedOnResuming) {
  const tests::TemporaryFolder folder;
  TestRun run{.folder = folder.path(), .options = Every(20, 0, 10, 10)};
  run.returns = {{10, 1}, {20, 2}};
  run.Start();
  fs::remove(folder / "best");
  fs::create_directory_symlink("10", folder / "best");
  run.Start();
  EXPECT_EQ(CheckpointFolder(folder.path()).Best(), 20);
}

TEST(TrainerTest, TheLeastValidationLossIsBestWithoutEvaluations) {
  const tests::TemporaryFolder folder;
  TestRun run{.folder = folder.path(), .options = Every(12, 0, 0, 0)};
  run.options.validate_every = 2;
  run.options.learning_rate = {.peak = 0.01, .schedule = "constant", .warmup_steps = 0};
  run.Start();
  // The weight starts at 1 and falls ever faster, past 0.1.
  const StepScore best = run.outcome.best.value();
  EXPECT_GT(best.train_step, 2);
  EXPECT_LT(best.train_step, 12);
  EXPECT_LT(best.value, run.outcome.newest->value);
  EXPECT_EQ(CheckpointFolder(folder.path()).Best(), best.train_step);
}

TEST(TrainerTest, StopsWhenNothingGetsBetterAndSaysSo) {
  const tests::TemporaryFolder folder;
  TestRun run{.folder = folder.path(), .options = Every(40, 0, 10, 3)};
  run.returns = {{3, 1}, {6, 4}, {9, 4.5}, {12, 2}, {15, 9}};
  run.options.patience = 2;
  run.options.min_improvement = 1;
  run.Start();
  EXPECT_EQ(run.outcome.end, RunEnd::kNoImprovement);
  EXPECT_EQ(run.outcome.train_step, 12);
  EXPECT_EQ(run.outcome.best->train_step, 9) << "though too little a gain to go on for";
  EXPECT_EQ(CheckpointFolder(folder.path()).Newest(), 12);

  run.events.clear();
  run.Start();  // resumed, it is told the same
  EXPECT_EQ(run.outcome.end, RunEnd::kNoImprovement);
  EXPECT_EQ(run.outcome.train_step, 12);
  EXPECT_THAT(run.events, ElementsAre("evaluate 12"));
}

TEST(TrainerTest, AStoppedRunThatIsGivenMorePatienceEqualsOneThatHadIt) {
  const tests::TemporaryFolder folder;
  TestRun whole{.folder = folder / "whole", .options = Every(40, 5, 10, 4)};
  whole.Start();
  TestRun parts{.folder = folder / "parts", .options = Every(40, 5, 10, 4)};
  parts.options.patience = 3;
  parts.Start();
  EXPECT_EQ(parts.outcome.train_step, 16);
  parts.options.patience = 0;
  parts.Start();
  EXPECT_EQ(parts.outcome.end, RunEnd::kFinished);
  EXPECT_EQ(Files(folder / "parts" / "40"), Files(folder / "whole" / "40"));
}

TEST(TrainerTest, ACheckpointWithoutTrainingStateIsRefusedBySentence) {
  const tests::TemporaryFolder folder;
  TestRun run{.folder = folder.path(), .options = Every(10, 0, 10, 0)};
  run.Start();
  std::ofstream(folder / "10" / "training_state.json") << "{}";
  try {
    run.Start();
    FAIL() << "a training state without a generator was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("training_state.json"), std::string::npos);
  }
}

TEST(TrainerTest, RefusesNegativePeriodsAndPatienceWithoutScores) {
  EXPECT_THROW(Validate(Every(10, -1, 0, 0)), std::invalid_argument);
  TrainerOptions options = Every(10, 0, 0, 0);
  options.patience = 1;
  EXPECT_THROW(Validate(options), std::invalid_argument);
  options.evaluate_every = 5;
  EXPECT_NO_THROW(Validate(options));
}

}  // namespace
}  // namespace rl
