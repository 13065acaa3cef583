// Arithmetic over all parameters of a network in one parallel pass.
//
// A network has dozens of parameters, most of them a few hundred numbers: an operation for each
// costs more than the numbers in it. Here all are cut into pieces of at most 16,384 numbers, which
// threads take as one list; sums are over pieces in order, so nothing depends on the threads.
//
// All tensors are contiguous float32; lists that belong together have equal shapes.
#ifndef RL_AGENTS_PARAMETER_PASS_H_
#define RL_AGENTS_PARAMETER_PASS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace rl {

// The sum of all squares, in double precision over pieces.
double SumOfSquares(const std::vector<at::Tensor>& tensors);

// What AdamW (arXiv 1711.05101) does to every parameter in update number `update`, from 1.
struct AdamWPass {
  double learning_rate, beta1, beta2, epsilon;
  int64_t update;
  double gradient_scale;              // gradients are multiplied by it first
  std::vector<double> weight_decays;  // one per parameter
};

void RunAdamW(const AdamWPass& pass, const std::vector<at::Tensor>& parameters,
              const std::vector<at::Tensor>& gradients, const std::vector<at::Tensor>& means,
              const std::vector<at::Tensor>& squares);

// target += rate * (source - target).
void MoveTowards(const std::vector<at::Tensor>& targets, const std::vector<at::Tensor>& sources,
                 double rate);

}  // namespace rl

#endif  // RL_AGENTS_PARAMETER_PASS_H_
