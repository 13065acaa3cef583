// A perceptron of two hidden layers as one step of autograd.
//
//   u = W1 x + b1    t = tanh(norm(u))    h = relu(W2 t + b2)    y = W3 h + b3
//
// As layer_functions.h does for a transformer: a block of rows goes through everything while it is
// in the core's cache, forward and backward, in one parallel region each. u, t and h are kept for
// backward and nowhere else. Backward leaves out what nobody asked for: gradients of weights that
// are held fixed and of inputs that are data, and then also the rows whose output has a gradient of
// zero, as the larger of two critics' has.
//
// All tensors are float32.
//
// Shapes: B batch, I input, J output.
#ifndef MODELS_MLP_FUNCTION_H_
#define MODELS_MLP_FUNCTION_H_

#include "models/layer_functions.h"

#include <ATen/core/Tensor.h>

#include <array>

namespace models {

struct MlpWeights {
  AffineWeights input, norm, hidden, output;
};

at::Tensor RunMlp(const at::Tensor& x_BI, const MlpWeights& weights);  // -> [B, J]

// Two of equal shape that read the same input. Where there are two threads each has one to itself,
// forward and backward, and waits for the other once instead of at every product.
std::array<at::Tensor, 2> RunTwoMlps(const at::Tensor& x_BI, const MlpWeights& first,
                                     const MlpWeights& second);

}  // namespace models

#endif  // MODELS_MLP_FUNCTION_H_
