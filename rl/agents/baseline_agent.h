// What the algorithms without memory share: an actor that is a perceptron, batches of transitions,
// a policy that takes the mean action, and checkpoints.
//
// A subclass says what one update does with a batch. What it trains beside the actor, or keeps from
// one update to the next, it registers while it is made; all of that is then saved, and restored in
// place. An update's noise comes from a generator that is keyed on the seed and the training step,
// so it needs no saved state.
//
// These algorithms do not share their work over a ring: each is small enough for one process.
//
// Shapes: B batch, O observation, A action.
#ifndef RL_AGENTS_BASELINE_AGENT_H_
#define RL_AGENTS_BASELINE_AGENT_H_

#include "datasets/episode_tensors.h"
#include "datasets/normalizer.h"
#include "models/mlp_actor.h"
#include "ring/runtime/ring.h"
#include "rl/agents/agent_options.h"
#include "rl/agents/algorithm.h"
#include "rl/agents/optimizer.h"
#include "rl/agents/policy.h"
#include "rl/agents/transition_sampler.h"

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rl {

// What an algorithm is made from.
struct BaselineSetup {
  std::string name;  // as in the algorithm list
  const datasets::EpisodeTensors& episodes;
  std::string task;
  const AgentOptions& options;
  const ring::Ring& ring;

  // Share of the episodes, the best by return, to draw from; of those held out as well.
  double episode_share = 1;

  models::ActorHead head = models::ActorHead::kMean;
};

// The parameters of `network` under the names "<prefix>.<name>".
NamedTensors Parameters(const torch::nn::Module& network, const std::string& prefix);

class BaselineAgent : public Algorithm {
 public:
  Metrics Update(int64_t train_step, double learning_rate) final;
  Metrics Validate() final;
  std::unique_ptr<BatchPolicy> MakePolicy(const PolicyOptions& options) const final;
  NamedTensors ModelTensors() const final;
  nlohmann::json ModelConfig() const final;
  void SaveTraining(NamedTensors& tensors, nlohmann::json& scalars) const final;
  void LoadModel(const NamedTensors& tensors) final;
  void LoadTraining(const NamedTensors& tensors, const nlohmann::json& scalars) final;

 protected:
  // Shares the dataset's tensors. Throws std::invalid_argument for options that are impossible or
  // that the dataset is too small for, and for a ring of more than one.
  explicit BaselineAgent(const BaselineSetup& setup);

  // One update on a batch, its observations normalized. Draws noise from `generator` alone.
  // Returns "loss" and "gradient_norm" first, then whatever else is worth a curve.
  virtual Metrics UpdateOn(const TransitionBatch& batch, at::Generator& generator,
                           double learning_rate) = 0;

  // Of held-out transitions; called without gradients.
  virtual double ValidationLoss(const TransitionBatch& batch, at::Generator& generator) const = 0;

  const AgentOptions& options() const { return options_; }
  const models::MlpActor& actor() const { return *actor_; }
  AdamW& actor_optimizer() { return *optimizers_.front(); }

  // Initial weights, the actor's first.
  at::Generator& weight_generator() { return weight_generator_; }

  // An optimizer for `parameters` that is saved with the training state. The reference is valid as
  // long as this object.
  AdamW& Train(const NamedTensors& parameters);

  // Saves `tensors`, which may change in place only, with the training state.
  void Keep(const NamedTensors& tensors) { kept_.insert(tensors.begin(), tensors.end()); }

 private:
  TransitionBatch Normalized(TransitionBatch batch) const;
  NamedTensors TrainingTensors() const;

  std::string name_;
  AgentOptions options_;
  std::string task_;
  datasets::Normalizer normalizer_;
  TransitionSampler sampler_;
  std::optional<TransitionSampler> validation_sampler_;  // absent when nothing is held out
  at::Generator weight_generator_;
  std::shared_ptr<models::MlpActor> actor_;
  std::vector<std::unique_ptr<AdamW>> optimizers_;  // the actor's first
  NamedTensors kept_;
};

// The policy of a checkpoint of any of these algorithms, without the dataset. See AlgorithmEntry.
std::unique_ptr<BatchPolicy> MakeBaselinePolicy(const nlohmann::json& config,
                                                const NamedTensors& tensors,
                                                const PolicyOptions& options);

}  // namespace rl

#endif  // RL_AGENTS_BASELINE_AGENT_H_
