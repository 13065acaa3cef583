// What the trainer knows of a learning algorithm: one algorithm fitted to one dataset.
//
// An Algorithm owns its network, optimizer, sampler and their generators. An update is a function
// of the saved state, the training step and the learning rate alone (no clock, no global
// generator), which is what makes a resumed run equal an uninterrupted one bit for bit. The ranks
// of a ring each have an Algorithm, make the same calls and hold equal parameters.
#ifndef RL_AGENTS_ALGORITHM_H_
#define RL_AGENTS_ALGORITHM_H_

#include "rl/agents/named_tensors.h"
#include "rl/agents/policy.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rl {

// Named numbers in the order they should be shown: {"loss", 0.1}, {"gradient_norm", 0.02}, ...
using Metrics = std::vector<std::pair<std::string, double>>;

class Algorithm {
 public:
  virtual ~Algorithm() = default;

  // One optimizer update. `train_step` counts from 0 and keys every random choice that is not
  // drawn from saved generator state. Metrics: "loss", "gradient_norm" (before clipping), "tokens"
  // and "steps" (tokens and environment steps the network saw in this update),
  // "exposed_communication" (seconds this rank waited for others). All but the last are the same on
  // every rank of a ring.
  virtual Metrics Update(int64_t train_step, double learning_rate) = 0;

  // "validation_loss" on the held-out episodes: the same draws every time, no state changed.
  // Empty when nothing was held out.
  virtual Metrics Validate() = 0;

  // A policy that acts with the current weights. It shares them, so later updates show in it; it
  // is not to act while an update runs.
  virtual std::unique_ptr<BatchPolicy> MakePolicy(const PolicyOptions& options) const = 0;

  // Parameters and normalizer: all that a policy needs. Shares memory with the live parameters.
  virtual NamedTensors ModelTensors() const = 0;

  // The checkpoint's config.json: algorithm, task, dimensions and options, enough to rebuild the
  // policy without the dataset. The same for every step of a run: no dates, no paths.
  virtual nlohmann::json ModelConfig() const = 0;

  // Optimizer moments into `tensors`, counters and generator states into `scalars`.
  virtual void SaveTraining(NamedTensors& tensors, nlohmann::json& scalars) const = 0;

  // Inverse of ModelTensors() and SaveTraining(). Tensors of other names or shapes are refused with
  // one sentence (c10::ValueError), and nothing is changed.
  virtual void LoadModel(const NamedTensors& tensors) = 0;
  virtual void LoadTraining(const NamedTensors& tensors, const nlohmann::json& scalars) = 0;
};

}  // namespace rl

#endif  // RL_AGENTS_ALGORITHM_H_
