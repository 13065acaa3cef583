// The training loop on several ranks, with an algorithm that counts.
#include "ring/runtime/communicator.h"
#include "rl/train/trainer.h"
#include "tests/support/run_ring.h"
#include "tests/support/temporary_folder.h"

#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace rl {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class CountingAlgorithm : public Algorithm {
 public:
  explicit CountingAlgorithm(double start = 0) : weight_(at::full({1}, start, at::kDouble)) {}

  Metrics Update(int64_t, double) override {
    weight_.add_(1);
    return {{"loss", weight_.item<double>()}, {"exposed_communication", 0.25}};
  }
  Metrics Validate() override { return {}; }
  std::unique_ptr<BatchPolicy> MakePolicy(const PolicyOptions&) const override { return nullptr; }
  NamedTensors ModelTensors() const override { return {{"weight", weight_}}; }
  nlohmann::json ModelConfig() const override { return {{"algorithm", "counting"}}; }
  void SaveTraining(NamedTensors&, nlohmann::json& scalars) const override {
    scalars["note"] = note_;
  }
  void LoadModel(const NamedTensors& tensors) override { weight_.copy_(tensors.at("weight")); }
  void LoadTraining(const NamedTensors&, const nlohmann::json& scalars) override {
    note_ = scalars.at("note").get<std::string>();
  }

  std::string note_ = "new";

 private:
  at::Tensor weight_;
};

// What one rank did.
struct RankRun {
  int64_t restored = 0;
  TrainingOutcome outcome;
  double weight = 0;
  std::string note;
  int evaluations = 0;
};

struct Plan {
  int64_t train_steps = 0;
  int64_t last_rank_stops_at = 0;  // 0: never
  int64_t patience = 0;
  std::vector<StepScore> earlier_scores = {};
};

// A process of its own, as it were; only the first rank knows the folder. Every evaluation is worse
// than the one before.
RankRun Run(const fs::path& folder, const ring::Ring& ring, const Plan& plan) {
  CountingAlgorithm algorithm;
  std::optional<CheckpointFolder> checkpoints;
  if (ring.rank() == 0) checkpoints.emplace(folder);
  if (ring.rank() == 0) algorithm.note_ = "of the first";
  RankRun run;
  int64_t done = 0;
  TrainerHooks hooks{.seconds = [] { return 0.0; },
                     .on_update = [&](int64_t step, const Metrics&) { done = step; }};
  if (ring.rank() == 0) {
    hooks.evaluate = [&](int64_t step) -> std::optional<double> {
      ++run.evaluations;
      return -static_cast<double>(step);
    };
    hooks.earlier_scores = plan.earlier_scores;
  }
  if (ring.rank() == ring.size() - 1) {
    hooks.should_stop = [&] {
      return plan.last_rank_stops_at > 0 && done >= plan.last_rank_stops_at;
    };
  }
  const TrainerOptions options = {
      .train_steps = plan.train_steps,
      .log_every = 5,
      .validate_every = 0,
      .checkpoint_every = 10,
      .evaluate_every = 10,
      .patience = plan.patience,
      .learning_rate = {.peak = 0.1, .warmup_steps = 3, .schedule_steps = 40}};
  Trainer trainer(algorithm, checkpoints ? &*checkpoints : nullptr, options, hooks, ring);
  run.restored = trainer.Restore();
  run.outcome = trainer.Run();
  run.weight = algorithm.ModelTensors().at("weight").item<double>();
  run.note = algorithm.note_;
  return run;
}

std::vector<RankRun> RunRanks(const fs::path& folder, int ring_size, const Plan& plan) {
  std::vector<RankRun> runs(static_cast<size_t>(ring_size));
  tests::RunRing(ring_size, [&](const ring::Ring& ring) {
    runs[static_cast<size_t>(ring.rank())] = Run(folder, ring, plan);
  });
  return runs;
}

TEST(RingTrainerTest, AllRanksStopAtTheSameStepWhenOneIsAskedTo) {
  const tests::TemporaryFolder folder;
  for (const RankRun& run :
       RunRanks(folder.path(), 3, {.train_steps = 40, .last_rank_stops_at = 17})) {
    EXPECT_EQ(run.outcome.end, RunEnd::kInterrupted);
    EXPECT_EQ(run.outcome.train_step, 17);
  }
  EXPECT_THAT(CheckpointFolder(folder.path()).Steps(), ElementsAre(10, 17));
}

TEST(RingTrainerTest, RanksTakeOverTheStateThatTheFirstReadsFromDisk) {
  const tests::TemporaryFolder folder;
  RunRanks(folder.path(), 2, {.train_steps = 20});
  for (const RankRun& run : RunRanks(folder.path(), 3, {.train_steps = 40})) {
    EXPECT_EQ(run.restored, 20);
    EXPECT_EQ(run.outcome.train_step, 40);
    EXPECT_EQ(run.weight, 40);
    EXPECT_EQ(run.note, "of the first");
  }
}

TEST(RingTrainerTest, OnlyTheFirstRankEvaluates) {
  const tests::TemporaryFolder folder;
  const std::vector<RankRun> runs = RunRanks(folder.path(), 2, {.train_steps = 30});
  EXPECT_EQ(runs[0].evaluations, 3);
  EXPECT_EQ(runs[1].evaluations, 0);
}

// Which only the first rank knows.
TEST(RingTrainerTest, AllRanksStopWhenNothingGetsBetterAndWhenResumedAfterwards) {
  const tests::TemporaryFolder folder;
  Plan plan{.train_steps = 60, .patience = 2};
  for (int call = 0; call < 2; ++call) {
    for (const RankRun& run : RunRanks(folder.path(), 3, plan)) {
      EXPECT_EQ(run.outcome.end, RunEnd::kNoImprovement);
      EXPECT_EQ(run.outcome.train_step, 30);
    }
    plan.earlier_scores = {{10, -10}, {20, -20}, {30, -30}};
  }
  EXPECT_EQ(CheckpointFolder(folder.path()).Best(), 10);
}

TEST(RingTrainerTest, RanksThatStartFromDifferentParametersAreRefused) {
  std::atomic<int> refusals = 0;
  tests::RunRing(2, [&](const ring::Ring& ring) {
    CountingAlgorithm algorithm(/*start=*/ring.rank());
    Trainer trainer(algorithm, nullptr, {}, {.seconds = [] { return 0.0; }}, ring);
    try {
      trainer.Restore();
    } catch (const ring::CommunicationError&) {
      ++refusals;
    }
  });
  EXPECT_EQ(refusals, 2);
}

}  // namespace
}  // namespace rl
