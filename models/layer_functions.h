// The parts of a transformer layer around its attention, each one step of autograd.
//
// Written as a dozen operations a layer writes and reads every activation a dozen times, and keeps
// most of them for backward. Here a block of rows goes through a whole part while it is in the
// core's cache: norm and product; product, bias, dropout and residual; or the entire feed-forward.
// Kept are the inputs, two numbers per row of a norm, and the hidden activations after their ReLU;
// backward normalises again and draws the dropout's mask again. The products that give the weights'
// gradients, long sums over all rows, are the library's.
//
// All tensors are float32. But for the library's products, results do not depend on the number of
// threads.
//
// Shapes: B chains, T tokens, D model dimension, H heads, C = D / H channels of a head.
#ifndef MODELS_LAYER_FUNCTIONS_H_
#define MODELS_LAYER_FUNCTIONS_H_

#include "models/dropout.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace models {

// Of a linear layer: weight (outputs, inputs). Of a layer norm: both (channels).
struct AffineWeights {
  const at::Tensor& weight;
  const at::Tensor& bias;
};

// Queries, keys and values: W norm(x) + b, cut in three. -> (B, T, H, C) each, in one storage
std::array<at::Tensor, 3> NormalizeAndProject(const at::Tensor& x_BTD, const AffineWeights& norm,
                                              const AffineWeights& qkv, int64_t num_heads);

// residual + dropout(W x + b).
at::Tensor AddProjection(const at::Tensor& residual_BTD, const at::Tensor& x_BTD,
                         const AffineWeights& linear, const DropoutMask& mask);

// x + dropout(W2 relu(W1 norm(x) + b1) + b2).
at::Tensor AddFeedForward(const at::Tensor& x_BTD, const AffineWeights& norm,
                          const AffineWeights& up, const AffineWeights& down,
                          const DropoutMask& mask);

}  // namespace models

#endif  // MODELS_LAYER_FUNCTIONS_H_
