#include "models/parameter_init.h"

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <string>

namespace models {
namespace {

bool EndsResidualBranch(const std::string& name) {
  return name.ends_with("attention.out.weight") || name.ends_with("feed_forward.down.weight");
}

}  // namespace

void InitializeParameters(torch::nn::Module& network, double std, int64_t num_layers,
                          at::Generator generator) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : network.named_parameters()) {
    const std::string& name = parameter.key();
    at::Tensor& value = parameter.value();
    if (name.ends_with(".bias")) {
      value.zero_();
    } else if (name.ends_with("norm.weight")) {
      value.fill_(1.0);
    } else if (EndsResidualBranch(name)) {
      value.normal_(0.0, std / std::sqrt(2.0 * static_cast<double>(num_layers)), generator);
    } else {
      value.normal_(0.0, std, generator);
    }
  }
}

}  // namespace models
