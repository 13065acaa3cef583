// What the algorithms that read sequences share: a transformer that imitates the actions of a
// context, and all that a run needs of it.
//
// An update draws chains of trajectories (ChainSampler), labels them in hindsight, turns them into
// a Context (ContextBuilder), and moves the network's predicted actions towards those taken: mean
// squared error over the steps, each weighted by its trajectory's rank and its advantage if so
// wished, AdamW. What happens at `train_step` depends on the sampler's state, the optimizer's and
// the seed, all of which a checkpoint holds. A subclass says which chains are drawn, and acts.
//
// An update may see its chains in several micro-batches (AgentOptions::accumulate): the gradients
// of their shares of the loss add up to those of all chains at once, dropout included.
//
// On a ring every rank draws the same chains and keeps the shard of their steps that is its own.
// Its loss is its share of the whole one; gradients are summed over the ring, in one message, and
// every rank then makes the same update. The result is that of one process, up to rounding.
#ifndef RL_AGENTS_SEQUENCE_AGENT_H_
#define RL_AGENTS_SEQUENCE_AGENT_H_

#include "datasets/episode_tensors.h"
#include "datasets/normalizer.h"
#include "ring/attention/attention.h"
#include "ring/layout/sequence_layout.h"
#include "ring/runtime/ring.h"
#include "rl/agents/agent_options.h"
#include "rl/agents/algorithm.h"
#include "rl/agents/chain_sampler.h"
#include "rl/agents/context_builder.h"
#include "rl/agents/hindsight.h"
#include "rl/agents/optimizer.h"

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace models {
class AgenticTransformer;
struct DropoutKey;
}  // namespace models

namespace rl {

// What an algorithm is made from.
struct SequenceSetup {
  std::string name;  // as in the algorithm list
  const datasets::EpisodeTensors& episodes;
  std::string task;
  const AgentOptions& options;
  const ring::Ring& ring;

  // The chains to draw for a micro-batch, which need not be those of `options`.
  ChainOptions chain;
  WindowStart window_start = WindowStart::kFull;
};

class SequenceAgent : public Algorithm {
 public:
  Metrics Update(int64_t train_step, double learning_rate) final;

  // An update on these chains, whose segments are of the dataset's episodes, and not on drawn ones.
  Metrics UpdateOnChains(std::span<const HindsightChain> chains, int64_t train_step,
                         double learning_rate);

  Metrics Validate() final;
  NamedTensors ModelTensors() const final;
  nlohmann::json ModelConfig() const final;
  void SaveTraining(NamedTensors& tensors, nlohmann::json& scalars) const final;
  void LoadModel(const NamedTensors& tensors) final;
  void LoadTraining(const NamedTensors& tensors, const nlohmann::json& scalars) final;

 protected:
  // Shares the tensors of the episodes. Throws std::invalid_argument or c10::ValueError for options
  // that are impossible or that the dataset is too small for.
  explicit SequenceAgent(const SequenceSetup& setup);

  const AgentOptions& options() const { return options_; }
  const ContextBuilder& builder() const { return builder_; }
  std::shared_ptr<const models::AgenticTransformer> network() const { return network_; }
  double best_return() const { return best_return_; }  // of the dataset

 private:
  // This rank's share of the loss: its steps' errors by their weights, over `total_weight`, that of
  // all steps of the batch. Over the ring and the micro-batches the shares add up. `dropout` null:
  // evaluation.
  at::Tensor Share(std::span<const HindsightChain> chains, double total_weight,
                   const models::DropoutKey* dropout) const;
  at::Tensor ChainWeights(std::span<const HindsightChain> chains) const;
  double SumGradients(const at::Tensor& share);

  std::string name_;
  AgentOptions options_;
  std::string task_;
  ring::Ring ring_;
  ring::LayoutKind layout_;
  ring::RingMethod method_;
  LossTrajectories loss_trajectories_;
  double best_return_ = 0;

  at::Tensor step_weight_N_;  // by advantage; undefined when all steps weigh alike
  StepTable table_;
  datasets::Normalizer normalizer_;
  ContextBuilder builder_;
  ChainSampler sampler_;
  std::optional<ChainSampler> validation_sampler_;  // absent when nothing is held out
  std::shared_ptr<models::AgenticTransformer> network_;
  AdamW optimizer_;
};

// What a policy needs of a checkpoint.
struct SavedSequenceModel {
  AgentOptions options;
  double best_return = 0;
  datasets::Normalizer normalizer;
  std::shared_ptr<const models::AgenticTransformer> network;
};

// `config` is from ModelConfig(), `tensors` from ModelTensors(); anything missing, or of another
// shape, is one sentence (std::invalid_argument or c10::ValueError).
SavedSequenceModel ReadSequenceModel(const nlohmann::json& config, const NamedTensors& tensors);

}  // namespace rl

#endif  // RL_AGENTS_SEQUENCE_AGENT_H_
