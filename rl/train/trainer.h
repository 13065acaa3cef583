// The training loop every algorithm shares.
//
// Update, log, validate, checkpoint, evaluate, each when it is due; keep the best checkpoint, and
// stop when nothing gets better. The trainer prints nothing and knows no file but the checkpoints:
// what happens with a number is the hooks' business.
//
// Everything that decides the next update is in a checkpoint, so N steps, a restart and N more
// steps leave the same bytes as 2N steps.
//
// On a ring every rank runs the loop and makes the same updates. Files, curves and evaluations are
// rank 0's alone, the others wait meanwhile; all stop at the same step when any of them is asked
// to.
#ifndef RL_TRAIN_TRAINER_H_
#define RL_TRAIN_TRAINER_H_

#include "ring/runtime/ring.h"
#include "rl/agents/algorithm.h"
#include "rl/train/checkpoint.h"
#include "rl/train/learning_rate.h"
#include "rl/train/selection.h"
#include "rl/train/training_meter.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rl {

// Periods are counted in train steps; 0 means never. What has a period also happens after the last
// step, and the last step is always saved.
struct TrainerOptions {
  int64_t train_steps = 10000;
  int64_t log_every = 50;
  int64_t validate_every = 500;
  int64_t checkpoint_every = 500;
  int64_t evaluate_every = 2000;

  // Newest checkpoints to keep, beside the best; 0 keeps all.
  int64_t keep_checkpoints = 3;

  // The score that the best checkpoint has: "validation_loss", or what the evaluations call theirs.
  // Where there are no evaluations it is the validation loss.
  std::string best_by = "last";

  // Evaluations (or validations) in a row without an improvement after which the run stops, 0 for
  // never, and the least improvement that counts, in the score's unit.
  int64_t patience = 0;
  double min_improvement = 0;

  LearningRateOptions learning_rate;
};

// Throws std::invalid_argument naming the option that is out of range.
void Validate(const TrainerOptions& options);

// Whether the scores of such a run are validation losses.
bool IsScoredByLoss(const TrainerOptions& options);

// Every hook but `seconds` may be empty. `train_step` counts finished updates.
struct TrainerHooks {
  // A steady clock; differences give the throughput.
  std::function<double()> seconds = {};

  // After every update, with that update's metrics: for a progress line.
  std::function<void(int64_t train_step, const Metrics&)> on_update = {};

  // Means since the previous row, throughput and memory: see TrainingMeter::Row().
  std::function<void(int64_t train_step, const Metrics&)> on_metrics = {};

  std::function<void(int64_t train_step, const std::filesystem::path&)> on_checkpoint = {};

  // Evaluates the policy and returns its score, the higher the better, or nothing when it was
  // interrupted. Called whenever due, after the checkpoint, and once more for the step a run
  // resumes from, which may have been killed while evaluating: ignore a step already recorded.
  std::function<std::optional<double>(int64_t train_step)> evaluate = {};

  // The scores recorded up to the step that the run resumes from.
  std::vector<StepScore> earlier_scores = {};

  // Asked between updates. True: the trainer saves a checkpoint and returns.
  std::function<bool()> should_stop = {};
};

// kInterrupted: should_stop() ended the run; kNoImprovement: the patience did.
enum class RunEnd { kFinished, kInterrupted, kNoImprovement };

struct TrainingOutcome {
  int64_t train_step = 0;  // finished updates
  RunEnd end = RunEnd::kFinished;

  // Of the first rank alone. The best is optimistic, see selection.h.
  std::optional<StepScore> newest, best;
};

// Not thread-safe. Keeps references: algorithm and checkpoints must outlive it.
class Trainer {
 public:
  // `checkpoints` is null on every rank but the first.
  Trainer(Algorithm& algorithm, CheckpointFolder* checkpoints, TrainerOptions options,
          TrainerHooks hooks, ring::Ring ring);

  // Continues from the newest checkpoint if there is one; returns the step it was taken at, else 0.
  // The ranks of a ring take over the first one's state, and make sure that they started from the
  // same data and options. Points `best` to where the earlier scores say, should a crash have come
  // between.
  int64_t Restore();

  TrainingOutcome Run();

 private:
  TrainingOutcome Outcome(RunEnd end) const;
  bool IsDue(int64_t period) const;
  bool ShouldStop() const;
  void ReadNewestCheckpoint();
  void TakeOverStateOfFirst();
  void CheckAgreement() const;
  void Update();
  void Log();
  void SaveCheckpoint();
  void WriteCheckpoint();
  void Evaluate();
  void Judge(double score);
  void JudgeLoss(const Metrics& row);
  void AgreeOnGivingUp();

  Algorithm& algorithm_;
  CheckpointFolder* checkpoints_;
  TrainerOptions options_;
  TrainerHooks hooks_;
  ring::Ring ring_;
  TrainingMeter meter_;
  Selection selection_;   // of the first rank; the others' has no scores
  bool gave_up_ = false;  // the same on every rank
  int64_t train_step_ = 0;
};

}  // namespace rl

#endif  // RL_TRAIN_TRAINER_H_
