#include "rl/agents/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>

#include <cmath>

namespace rl {

bool Decays(const std::string& name, const at::Tensor& parameter) {
  return parameter.dim() >= 2 && name.find("embedding") == std::string::npos;
}

AdamW::AdamW(const NamedTensors& parameters, const OptimizerOptions& options)
    : options_(options), groups_(2) {
  groups_[0].weight_decay = 0;
  groups_[1].weight_decay = options.weight_decay;
  for (const auto& [name, parameter] : parameters) {
    Group& group = groups_[Decays(name, parameter) ? 1 : 0];
    group.names.push_back(name);
    group.parameters.push_back(parameter);
    group.means.push_back(at::zeros_like(parameter, at::MemoryFormat::Contiguous).detach());
    group.squares.push_back(at::zeros_like(parameter, at::MemoryFormat::Contiguous).detach());
  }
}

void AdamW::ZeroGradients() {
  for (Group& group : groups_) {
    for (at::Tensor& parameter : group.parameters) parameter.mutable_grad().reset();
  }
}

// A parameter that took no part in the loss has a gradient of zero.
std::vector<at::Tensor> AdamW::Gradients(const Group& group) const {
  std::vector<at::Tensor> gradients;
  gradients.reserve(group.parameters.size());
  for (const at::Tensor& parameter : group.parameters) {
    const at::Tensor& gradient = parameter.grad();
    gradients.push_back(gradient.defined() ? gradient.contiguous() : at::zeros_like(parameter));
  }
  return gradients;
}

double AdamW::Step(double learning_rate) {
  const at::NoGradGuard no_grad;
  std::vector<std::vector<at::Tensor>> gradients;
  std::vector<at::Tensor> norms;
  for (const Group& group : groups_) {
    gradients.push_back(Gradients(group));
    if (gradients.back().empty()) continue;
    for (at::Tensor& norm : at::_foreach_norm(gradients.back(), 2)) norms.push_back(norm);
  }
  const double norm = at::linalg_vector_norm(at::stack(norms)).item<double>();
  TORCH_CHECK(std::isfinite(norm), "the gradient's norm is ", norm, " at learning rate ",
              learning_rate, "; lower it");

  ++num_updates_;
  const at::Tensor count = at::full({}, num_updates_, at::kFloat);
  const bool clip = options_.gradient_clip > 0 && norm > options_.gradient_clip;
  for (size_t i = 0; i < groups_.size(); ++i) {
    Group& group = groups_[i];
    if (group.parameters.empty()) continue;
    if (clip) at::_foreach_mul_(gradients[i], options_.gradient_clip / norm);
    const std::vector<at::Tensor> counts(group.parameters.size(), count);
    at::_fused_adamw_(group.parameters, gradients[i], group.means, group.squares, {}, counts,
                      learning_rate, options_.beta1, options_.beta2, group.weight_decay,
                      options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  }
  return norm;
}

NamedTensors AdamW::State() const {
  NamedTensors state;
  for (const Group& group : groups_) {
    for (size_t i = 0; i < group.names.size(); ++i) {
      state["optimizer.mean." + group.names[i]] = group.means[i];
      state["optimizer.square." + group.names[i]] = group.squares[i];
    }
  }
  return state;
}

void AdamW::LoadState(const NamedTensors& tensors, int64_t num_updates) {
  TORCH_CHECK_VALUE(num_updates >= 0, "the checkpoint counts ", num_updates,
                    " updates; use a checkpoint written by this program");
  CopyTensors(tensors, State(), "the checkpoint's optimizer state");
  num_updates_ = num_updates;
}

}  // namespace rl
