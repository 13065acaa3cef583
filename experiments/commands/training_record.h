// What a training run leaves in its folder besides checkpoints: configuration, curves, evaluations.
#ifndef EXPERIMENTS_COMMANDS_TRAINING_RECORD_H_
#define EXPERIMENTS_COMMANDS_TRAINING_RECORD_H_

#include "experiments/commands/training_data.h"
#include "experiments/options/option_set.h"
#include "experiments/startup_clock.h"
#include "rl/agents/algorithm.h"
#include "rl/evaluate/evaluator.h"
#include "rl/evaluate/protocols.h"
#include "rl/train/metrics_log.h"
#include "rl/train/run_folder.h"
#include "rl/train/tfevents.h"
#include "rl/train/trainer.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace experiments {

class TrainingRecord {
 public:
  // Rows after `start_step` are dropped from the curves: those steps are made again. `run` must
  // outlive the record.
  TrainingRecord(const rl::RunFolder& run, int64_t start_step, bool resumed);

  // config.cfg, config.json, dataset.json and environment.json; a resumed run adds to the latter
  // where it was resumed.
  void WriteConfiguration(const OptionSet& set, std::span<const std::string> arguments,
                          const TrainingData& data);

  // Adds the times up to the first update to environment.json, as "startup".
  void AddStartup(const StartupClock& startup);

  // A row of train.csv, and the same for TensorBoard.
  void AddTraining(int64_t train_step, const rl::Metrics& metrics);

  // A row of eval.csv and of returns.csv, evaluation.json, and the curves for TensorBoard.
  void AddEvaluation(int64_t train_step, const rl::EvaluationResult& result,
                     const rl::ReturnReference& reference);

  // Train step of the newest evaluation; -1 before the first.
  int64_t last_evaluation() const { return evaluations_.last_step(); }

  // What the best checkpoint is chosen by, step by step.
  std::vector<rl::StepScore> Scores(const rl::TrainerOptions& options) const;

  // What `train --json` and the run's result.json hold: {run, train_step, interrupted, stopped,
  // score, last: {train_step, value}, best: the same, rows: [the newest row of each curve]}.
  // Without a score, `last` and `best` are null.
  nlohmann::json Result(const rl::TrainingOutcome& outcome,
                        const rl::TrainerOptions& options) const;

 private:
  const rl::RunFolder& run_;
  int64_t start_step_;
  bool resumed_;
  rl::MetricsLog training_, evaluations_, returns_;
  rl::EventWriter events_;
  nlohmann::json environment_;  // as written; that of this process is the last of "resumed"
  nlohmann::json newest_row_ = nlohmann::json::object();
};

// One line: how many episodes, where their rewards come from, how their returns spread.
std::string DescribeData(const TrainingData& data);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_TRAINING_RECORD_H_
