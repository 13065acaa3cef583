// What another implementation computed for two updates of an algorithm, from the same parameters,
// batches and noise. See tests/oracles/ORACLES.md, agent_updates.safetensors and
// decision_transformer.safetensors.
#ifndef TESTS_RL_AGENTS_RECORDED_UPDATES_H_
#define TESTS_RL_AGENTS_RECORDED_UPDATES_H_

#include "rl/agents/agent_options.h"
#include "rl/agents/algorithm.h"
#include "rl/agents/named_tensors.h"
#include "rl/agents/transition_sampler.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace rl {

class RecordedUpdates {
 public:
  static constexpr int kNumUpdates = 2;
  static constexpr double kLearningRate = 1e-3;

  // `name` of the case, "td3_bc".
  explicit RecordedUpdates(std::string name, const std::string& file = "agent_updates.safetensors");

  // Of an agent with 3 observations and 2 actions: networks of 8 hidden units, plain Adam.
  static AgentOptions Options();

  // Puts the recorded parameters into `agent`.
  void Start(Algorithm& agent) const;

  TransitionBatch Batch(int update) const;
  at::Tensor Draws(int update, const std::string& name) const { return At(update, name); }

  // Whatever else was recorded under this name.
  const at::Tensor& Get(const std::string& name) const { return tensors_.at(name); }

  // Compares the metrics of these names.
  void ExpectMetrics(int update, const Metrics& metrics,
                     const std::vector<std::string>& names) const;

  // After the last update: gradients that the agent's parameters still have, and the parameters.
  void ExpectEnd(const Algorithm& agent) const;

 private:
  const at::Tensor& At(int update, const std::string& name) const;

  std::string name_;
  NamedTensors tensors_;  // of this case, without its name
};

}  // namespace rl

#endif  // TESTS_RL_AGENTS_RECORDED_UPDATES_H_
