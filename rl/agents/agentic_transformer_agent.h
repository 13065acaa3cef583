// The Agentic Transformer (arXiv 2305.16554) as a learning algorithm, "at".
//
// An update draws chains of trajectories (ChainSampler), labels them in hindsight, turns them into
// a Context (ContextBuilder), and moves the network's predicted actions towards those taken: mean
// squared error over the steps, each weighted by its trajectory's rank and its advantage if so
// wished, AdamW. What happens at `train_step` depends on the sampler's state,
// the optimizer's and the seed, all of which a checkpoint holds.
//
// On a ring every rank draws the same chains and keeps the shard of their steps that is its own.
// Its loss is its share of the whole one; gradients are summed over the ring, in one message, and
// every rank then makes the same update. The result is that of one process, up to rounding.
#ifndef RL_AGENTS_AGENTIC_TRANSFORMER_AGENT_H_
#define RL_AGENTS_AGENTIC_TRANSFORMER_AGENT_H_

#include "datasets/episode_tensors.h"
#include "datasets/normalizer.h"
#include "ring/attention/attention.h"
#include "ring/layout/sequence_layout.h"
#include "ring/runtime/ring.h"
#include "rl/agents/agent_options.h"
#include "rl/agents/algorithm.h"
#include "rl/agents/chain_sampler.h"
#include "rl/agents/context_builder.h"
#include "rl/agents/optimizer.h"
#include "rl/agents/policy.h"

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

class AgenticTransformerAgent : public Algorithm {
 public:
  // Shares the tensors of `episodes`. Throws std::invalid_argument or c10::ValueError for options
  // that are impossible or that the dataset is too small for.
  AgenticTransformerAgent(const datasets::EpisodeTensors& episodes, const std::string& task,
                          const AgentOptions& options, const ring::Ring& ring);

  Metrics Update(int64_t train_step, double learning_rate) override;
  Metrics Validate() override;
  std::unique_ptr<BatchPolicy> MakePolicy(const PolicyOptions& options) const override;
  NamedTensors ModelTensors() const override;
  nlohmann::json ModelConfig() const override;
  void SaveTraining(NamedTensors& tensors, nlohmann::json& scalars) const override;
  void LoadModel(const NamedTensors& tensors) override;
  void LoadTraining(const NamedTensors& tensors, const nlohmann::json& scalars) override;

 private:
  // This rank's share: over the ring they add up to the loss. `dropout` null: evaluation.
  at::Tensor Loss(std::span<const HindsightChain> chains, const models::DropoutKey* dropout) const;
  double SumGradients(const at::Tensor& share);

  AgentOptions options_;
  std::string task_;
  ring::Ring ring_;
  ring::LayoutKind layout_;
  ring::RingMethod method_;
  LossTrajectories loss_trajectories_;
  double best_return_ = 0;  // of the dataset, what a policy is asked for by default

  at::Tensor step_weight_N_;  // by advantage; undefined when all steps weigh alike
  StepTable table_;
  datasets::Normalizer normalizer_;
  ContextBuilder builder_;
  ChainSampler sampler_;
  std::optional<ChainSampler> validation_sampler_;  // absent when nothing is held out
  std::shared_ptr<models::AgenticTransformer> network_;
  AdamW optimizer_;
};

// The policy of a checkpoint, without the dataset. `config` is from ModelConfig(), `tensors` from
// ModelTensors(); anything missing, or of another shape, is one sentence (std::invalid_argument or
// c10::ValueError).
std::unique_ptr<BatchPolicy> MakeAgenticTransformerPolicy(const nlohmann::json& config,
                                                          const NamedTensors& tensors,
                                                          const PolicyOptions& options);

}  // namespace rl

#endif  // RL_AGENTS_AGENTIC_TRANSFORMER_AGENT_H_
