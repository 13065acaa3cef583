// Initial weights, as GPT-2 draws them.
//
//   weights     N(0, std^2)
//   projections that end a residual branch: std / sqrt(2 * num_layers), so that the residual stream
//               does not grow with depth
//   biases      0;   layer norms 1 and 0
//
// Which is which follows from the parameter's name (listed in models/README.md).
#ifndef MODELS_PARAMETER_INIT_H_
#define MODELS_PARAMETER_INIT_H_

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>

#include <cstdint>

namespace models {

// Draws every parameter of `network` from `generator`, in the order of named_parameters().
void InitializeParameters(torch::nn::Module& network, double std, int64_t num_layers,
                          at::Generator generator);

}  // namespace models

#endif  // MODELS_PARAMETER_INIT_H_
