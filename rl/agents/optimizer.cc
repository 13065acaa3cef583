#include "rl/agents/optimizer.h"

#include "rl/agents/parameter_pass.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>

#include <cmath>

namespace rl {

bool Decays(const std::string& name, const at::Tensor& parameter) {
  return parameter.dim() >= 2 && name.find("embedding") == std::string::npos;
}

AdamW::AdamW(const NamedTensors& parameters, const OptimizerOptions& options) : options_(options) {
  for (const auto& [name, parameter] : parameters) {
    names_.push_back(name);
    weight_decays_.push_back(Decays(name, parameter) ? options.weight_decay : 0);
    parameters_.push_back(parameter);
    means_.push_back(at::zeros_like(parameter, at::MemoryFormat::Contiguous).detach());
    squares_.push_back(at::zeros_like(parameter, at::MemoryFormat::Contiguous).detach());
  }
}

void AdamW::ZeroGradients() {
  for (at::Tensor& parameter : parameters_) parameter.mutable_grad().reset();
}

// A parameter that took no part in the loss has a gradient of zero.
std::vector<at::Tensor> AdamW::Gradients() const {
  std::vector<at::Tensor> gradients;
  gradients.reserve(parameters_.size());
  for (const at::Tensor& parameter : parameters_) {
    const at::Tensor& gradient = parameter.grad();
    gradients.push_back(gradient.defined() ? gradient.contiguous() : at::zeros_like(parameter));
  }
  return gradients;
}

double AdamW::Step(double learning_rate) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> gradients = Gradients();
  const double norm = std::sqrt(SumOfSquares(gradients));
  TORCH_CHECK(std::isfinite(norm), "the gradient's norm is ", norm, " at learning rate ",
              learning_rate, "; lower it");
  ++num_updates_;
  const bool clip = options_.gradient_clip > 0 && norm > options_.gradient_clip;
  RunAdamW({.learning_rate = learning_rate,
            .beta1 = options_.beta1,
            .beta2 = options_.beta2,
            .epsilon = options_.epsilon,
            .update = num_updates_,
            .gradient_scale = clip ? options_.gradient_clip / norm : 1,
            .weight_decays = weight_decays_},
           parameters_, gradients, means_, squares_);
  return norm;
}

NamedTensors AdamW::State() const {
  NamedTensors state;
  for (size_t i = 0; i < names_.size(); ++i) {
    state["optimizer.mean." + names_[i]] = means_[i];
    state["optimizer.square." + names_[i]] = squares_[i];
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
