#include "experiments/commands/training_record.h"

#include "datasets/content_hash.h"
#include "experiments/environment.h"
#include "experiments/json_result.h"
#include "experiments/report/run_log.h"
#include "rl/evaluate/evaluation_report.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

namespace experiments {
namespace {

double WallTime() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// What scores are called in the result.
std::string ScoreName(const rl::TrainerOptions& options) {
  return rl::IsScoredByLoss(options) ? "validation_loss" : options.best_by;
}

const char* EndName(rl::RunEnd end) {
  if (end == rl::RunEnd::kInterrupted) return "interrupted";
  return end == rl::RunEnd::kNoImprovement ? "no improvement" : "finished";
}

nlohmann::json ToJson(const std::optional<rl::StepScore>& score) {
  if (!score) return nullptr;
  return {{"train_step", score->train_step}, {"value", score->value}};
}

}  // namespace

TrainingRecord::TrainingRecord(const rl::RunFolder& run, int64_t start_step, bool resumed)
    : run_(run),
      start_step_(start_step),
      resumed_(resumed),
      training_(run.path() / "train.csv", start_step),
      evaluations_(run.path() / "eval.csv", start_step),
      returns_(run.path() / "returns.csv", start_step),
      events_(run.path(), WallTime(), resumed ? start_step : -1) {}

void TrainingRecord::WriteConfiguration(const OptionSet& set,
                                        std::span<const std::string> arguments,
                                        const TrainingData& data) {
  environment_ = RunEnvironment("train", arguments);
  if (resumed_) {
    nlohmann::json first = nlohmann::json::parse(run_.ReadFile("environment.json"));
    environment_["train_step"] = start_step_;
    first["resumed"].push_back(std::move(environment_));
    environment_ = std::move(first);
  }
  nlohmann::json dataset = ToJson(SummarizeReturns(data.episodes.episode_return));
  dataset["task"] = data.task;
  dataset["reward_source"] = data.episodes.reward_source;
  dataset["content_sha256"] = datasets::ContentHash(data.episodes);
  run_.WriteFile("environment.json", environment_.dump(2) + "\n");
  run_.WriteFile("dataset.json", dataset.dump(2) + "\n");
  run_.WriteFile("config.json", set.ResolvedJson().dump(2) + "\n");
  // Last: a folder with a config.cfg can be resumed.
  run_.WriteFile("config.cfg", set.ResolvedConfig());
}

void TrainingRecord::AddStartup(const StartupClock& startup) {
  nlohmann::json& own = resumed_ ? environment_["resumed"].back() : environment_;
  own["startup"] = startup.Seconds();
  run_.WriteFile("environment.json", environment_.dump(2) + "\n");
}

void TrainingRecord::AddTraining(int64_t train_step, const rl::Metrics& metrics) {
  training_.Append(train_step, metrics);
  events_.Append(train_step, WallTime(), "train/", metrics);
  for (const auto& [name, value] : metrics) newest_row_[name] = value;
}

void TrainingRecord::AddEvaluation(int64_t train_step, const rl::EvaluationResult& result,
                                   const rl::ReturnReference& reference) {
  const rl::Metrics metrics = rl::EvaluationMetrics(result, reference);
  // The row of eval.csv tells that a step has been evaluated, so it comes last; a run killed
  // between the two evaluates again and gets the same returns.
  if (returns_.last_step() < train_step) returns_.Append(train_step, rl::ReturnMetrics(result));
  evaluations_.Append(train_step, metrics);
  events_.Append(train_step, WallTime(), "evaluation/", metrics);
  for (const auto& [name, value] : metrics) newest_row_[name] = value;
  nlohmann::json json = ResultEnvelope("evaluate");
  json.update(rl::EvaluationJson(result, reference));
  json["train_step"] = train_step;
  run_.WriteFile("evaluation.json", json.dump(2) + "\n");
}

std::vector<rl::StepScore> TrainingRecord::Scores(const rl::TrainerOptions& options) const {
  const std::string name = ScoreName(options);
  const auto curve =
      rl::IsScoredByLoss(options) ? training_.Curve(name) : evaluations_.Curve(name + "_mean");
  std::vector<rl::StepScore> scores;
  for (const auto& [step, value] : curve) scores.push_back({.train_step = step, .value = value});
  return scores;
}

nlohmann::json TrainingRecord::Result(const rl::TrainingOutcome& outcome,
                                      const rl::TrainerOptions& options) const {
  nlohmann::json result = ResultEnvelope("train");
  result["run"] = run_.path().string();
  result["train_step"] = outcome.train_step;
  result["interrupted"] = outcome.end == rl::RunEnd::kInterrupted;
  result["stopped"] = EndName(outcome.end);
  result["score"] = ScoreName(options);
  result["last"] = ToJson(outcome.newest);
  result["best"] = ToJson(outcome.best);
  // Whoever reads the best alone is told as well.
  if (outcome.best) result["best"]["optimistic"] = true;
  result["rows"].push_back(newest_row_);
  return result;
}

std::string DescribeData(const TrainingData& data) {
  const DataReturns returns = SummarizeReturns(data.episodes.episode_return);
  std::array<char, 256> line;
  std::snprintf(line.data(), line.size(),
                "data: %lld episodes of %s; returns %.1f to %.1f, median %.1f, mean %.1f; "
                "rewards from %s\n",
                static_cast<long long>(returns.num_episodes), data.task.c_str(), returns.min,
                returns.max, returns.median, returns.mean, data.episodes.reward_source.c_str());
  return line.data();
}

}  // namespace experiments
