#include "rl/train/trainer.h"

#include "ring/parallel/collectives.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace rl {
namespace {

constexpr const char* kValidationLoss = "validation_loss";

// Ranks that wait while the first one writes or evaluates; a rank that dies ends the wait anyway.
constexpr std::chrono::hours kLongestPause{24};

SelectionOptions SelectionOf(const TrainerOptions& options) {
  return {.higher_is_better = !IsScoredByLoss(options),
          .patience = options.patience,
          .min_improvement = options.min_improvement};
}

}  // namespace

void Validate(const TrainerOptions& options) {
  const std::pair<const char*, int64_t> counts[] = {
      {"train steps", options.train_steps},
      {"steps between log rows", options.log_every},
      {"steps between validations", options.validate_every},
      {"steps between checkpoints", options.checkpoint_every},
      {"steps between evaluations", options.evaluate_every},
      {"checkpoints to keep", options.keep_checkpoints}};
  for (const auto& [name, count] : counts) {
    if (count < 0) {
      throw std::invalid_argument("the number of " + std::string(name) +
                                  " must not be negative, got " + std::to_string(count));
    }
  }
  if (options.patience > 0 && options.evaluate_every == 0 && options.validate_every == 0) {
    throw std::invalid_argument(
        "a run that is to stop when nothing gets better needs evaluations or validations");
  }
  Validate(SelectionOf(options));
  Validate(options.learning_rate);
}

bool IsScoredByLoss(const TrainerOptions& options) {
  return options.best_by == kValidationLoss || options.evaluate_every == 0;
}

Trainer::Trainer(Algorithm& algorithm, CheckpointFolder* checkpoints, TrainerOptions options,
                 TrainerHooks hooks, ring::Ring ring)
    : algorithm_(algorithm),
      checkpoints_(checkpoints),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      ring_(std::move(ring)),
      selection_(SelectionOf(options_)) {
  Validate(options_);
  for (const StepScore& score : hooks_.earlier_scores) selection_.Add(score);
}

int64_t Trainer::Restore() {
  CheckAgreement();
  if (checkpoints_ != nullptr) ReadNewestCheckpoint();
  TakeOverStateOfFirst();
  CheckAgreement();
  AgreeOnGivingUp();
  return train_step_;
}

// Equal options, data (the model holds its normalizer) and parameters.
void Trainer::CheckAgreement() const {
  const std::string config = algorithm_.ModelConfig().dump();
  ring::AgreeOverRing("options " + std::to_string(std::hash<std::string>()(config)) + ", tensors " +
                          std::to_string(Fingerprint(algorithm_.ModelTensors())),
                      ring_, "the model that is trained");
}

void Trainer::TakeOverStateOfFirst() {
  if (ring_.size() == 1) return;
  NamedTensors training;
  nlohmann::json scalars = nlohmann::json::object();
  algorithm_.SaveTraining(training, scalars);
  std::vector<at::Tensor> tensors;
  for (const NamedTensors& part : {algorithm_.ModelTensors(), training}) {
    for (const auto& [name, tensor] : part) tensors.push_back(tensor);
  }
  ring::CopyFromFirst(tensors, ring_, "training state");
  const nlohmann::json mine = {
      {"algorithm", scalars}, {"train_step", train_step_}, {"meter", meter_.Save()}};
  const nlohmann::json first =
      nlohmann::json::parse(ring::TextOfFirst(mine.dump(), ring_, "training state"));
  algorithm_.LoadTraining(training, first.at("algorithm"));
  meter_.Load(first.at("meter"));
  train_step_ = first.at("train_step").get<int64_t>();
}

void Trainer::ReadNewestCheckpoint() {
  const std::optional<int64_t> newest = checkpoints_->Newest();
  if (!newest) return;
  const std::filesystem::path folder = checkpoints_->PathOf(*newest);
  const Checkpoint checkpoint = ReadTrainingCheckpoint(folder);
  try {
    algorithm_.LoadModel(checkpoint.model);
    algorithm_.LoadTraining(checkpoint.training, checkpoint.training_scalars.at("algorithm"));
    const nlohmann::json& saved = checkpoint.training_scalars.at("trainer");
    meter_.Load(saved.at("meter"));
    train_step_ = saved.at("train_step").get<int64_t>();
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument("damaged checkpoint: " + (folder / "training_state.json").string() +
                                " lacks what a resumed run needs: " + error.what());
  }
  const std::optional<StepScore>& best = selection_.best();
  if (best && std::filesystem::exists(checkpoints_->PathOf(best->train_step))) {
    checkpoints_->MarkBest(best->train_step);
  }
}

TrainingOutcome Trainer::Run() {
  if (train_step_ > 0 && IsDue(options_.evaluate_every)) Evaluate();
  while (train_step_ < options_.train_steps && !gave_up_) {
    if (ShouldStop()) {
      SaveCheckpoint();
      return Outcome(RunEnd::kInterrupted);
    }
    Update();
    if (IsDue(options_.log_every) || IsDue(options_.validate_every)) Log();
    if (IsDue(options_.checkpoint_every) || train_step_ == options_.train_steps) SaveCheckpoint();
    if (IsDue(options_.evaluate_every)) Evaluate();
  }
  if (gave_up_) SaveCheckpoint();
  if (ShouldStop()) return Outcome(RunEnd::kInterrupted);
  return Outcome(train_step_ < options_.train_steps ? RunEnd::kNoImprovement : RunEnd::kFinished);
}

TrainingOutcome Trainer::Outcome(RunEnd end) const {
  return {.train_step = train_step_,
          .end = end,
          .newest = selection_.newest(),
          .best = selection_.best()};
}

bool Trainer::ShouldStop() const {
  return ring::AnyOfRing(hooks_.should_stop && hooks_.should_stop(), ring_, "stop");
}

void Trainer::Evaluate() {
  const std::optional<double> score = hooks_.evaluate ? hooks_.evaluate(train_step_) : std::nullopt;
  if (score && !IsScoredByLoss(options_)) Judge(*score);
  ring::WaitForAll(ring_, "evaluation", kLongestPause);
  AgreeOnGivingUp();
}

// On the first rank alone, while the others wait.
void Trainer::Judge(double score) {
  if (!selection_.Add({.train_step = train_step_, .value = score}) || checkpoints_ == nullptr) {
    return;
  }
  WriteCheckpoint();
  checkpoints_->MarkBest(train_step_);
  if (options_.keep_checkpoints > 0) checkpoints_->Prune(options_.keep_checkpoints);
}

void Trainer::AgreeOnGivingUp() {
  gave_up_ = ring::AnyOfRing(selection_.gave_up(), ring_, "giving up");
}

bool Trainer::IsDue(int64_t period) const {
  return period > 0 && (train_step_ % period == 0 || train_step_ == options_.train_steps);
}

void Trainer::Update() {
  const double rate = LearningRateAt(options_.learning_rate, train_step_);
  const double begin = hooks_.seconds();
  const Metrics metrics = algorithm_.Update(train_step_, rate);
  meter_.Add(metrics, hooks_.seconds() - begin);
  ++train_step_;
  if (hooks_.on_update) hooks_.on_update(train_step_, metrics);
}

void Trainer::Log() {
  Metrics row = meter_.Row();
  row.emplace_back("learning_rate", LearningRateAt(options_.learning_rate, train_step_ - 1));
  if (IsDue(options_.validate_every)) {
    const Metrics validation = algorithm_.Validate();
    row.insert(row.end(), validation.begin(), validation.end());
  }
  if (hooks_.on_metrics) hooks_.on_metrics(train_step_, row);
  if (IsDue(options_.validate_every) && IsScoredByLoss(options_)) JudgeLoss(row);
}

void Trainer::JudgeLoss(const Metrics& row) {
  const auto loss = std::ranges::find(row, kValidationLoss, &Metrics::value_type::first);
  if (checkpoints_ != nullptr && loss != row.end()) Judge(loss->second);
  ring::WaitForAll(ring_, "validation", kLongestPause);
  AgreeOnGivingUp();
}

void Trainer::SaveCheckpoint() {
  if (checkpoints_ != nullptr) WriteCheckpoint();
  ring::WaitForAll(ring_, "checkpoint", kLongestPause);
}

void Trainer::WriteCheckpoint() {
  // Interrupted right after a resume, or asked to stop right after a checkpoint: it is there.
  if (checkpoints_->Newest() == train_step_) return;
  Checkpoint checkpoint{.model = algorithm_.ModelTensors(), .config = algorithm_.ModelConfig()};
  nlohmann::json scalars = nlohmann::json::object();
  algorithm_.SaveTraining(checkpoint.training, scalars);
  checkpoint.training_scalars = {
      {"algorithm", std::move(scalars)},
      {"trainer", {{"train_step", train_step_}, {"meter", meter_.Save()}}}};
  const std::filesystem::path folder = checkpoints_->Write(train_step_, checkpoint);
  if (options_.keep_checkpoints > 0) checkpoints_->Prune(options_.keep_checkpoints);
  if (hooks_.on_checkpoint) hooks_.on_checkpoint(train_step_, folder);
}

}  // namespace rl
