// AdamW (arXiv 1711.05101) over the named parameters of a network: one pass over all gradients for
// their norm, one over everything for the update (parameter_pass.h).
//
// Matrices decay; vectors (biases, norms) and embeddings do not: pulling a rarely visited row of an
// embedding towards zero at every update would make it forget. The state is plain tensors with the
// parameters' names, so that a checkpoint is readable by anyone.
#ifndef RL_AGENTS_OPTIMIZER_H_
#define RL_AGENTS_OPTIMIZER_H_

#include "rl/agents/agent_options.h"
#include "rl/agents/named_tensors.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rl {

// True for parameters that weight decay applies to: two dimensions or more, and not an embedding
// (by name).
bool Decays(const std::string& name, const at::Tensor& parameter);

class AdamW {
 public:
  // Updates `parameters` in place; they require gradients.
  AdamW(const NamedTensors& parameters, const OptimizerOptions& options);

  void ZeroGradients();

  // One update from the gradients that backward() left. Returns their global 2-norm before
  // clipping. A norm that is not finite is refused (TORCH_CHECK) and changes nothing.
  double Step(double learning_rate);

  int64_t num_updates() const { return num_updates_; }

  // Moments as "optimizer.mean.<parameter>" and "optimizer.square.<parameter>"; shares memory.
  NamedTensors State() const;

  // Inverse of State() and num_updates(). Other names or shapes: c10::ValueError, nothing changed.
  void LoadState(const NamedTensors& tensors, int64_t num_updates);

 private:
  std::vector<at::Tensor> Gradients() const;

  OptimizerOptions options_;
  std::vector<std::string> names_;  // one per parameter, as the next four
  std::vector<double> weight_decays_;
  std::vector<at::Tensor> parameters_, means_, squares_;
  int64_t num_updates_ = 0;
};

}  // namespace rl

#endif  // RL_AGENTS_OPTIMIZER_H_
