// One process of `ringrl bench context`: a training step, forward and backward, of a transformer's
// trunk over one context, with one way or another to compute attention and a limit on memory.
//
//   vanilla            all scores at once, tokens x tokens, through softmax
//   memory-efficient   LibTorch's scaled_dot_product_attention
//   blockwise, ring    ours, which on a ring spreads the context over its ranks
//
// All else is the same: pre-norm layers, feed-forward of four times the width, random numbers in.
#ifndef EXPERIMENTS_BENCHMARKS_CONTEXT_STEP_H_
#define EXPERIMENTS_BENCHMARKS_CONTEXT_STEP_H_

#include "ring/runtime/ring.h"

#include <cstdint>
#include <string>

namespace experiments {

struct ContextStepOptions {
  std::string method = "blockwise";
  int64_t tokens = 4000;  // of the whole context
  int64_t layers = 3, heads = 1, dim = 128;
  int64_t budget_bytes = 0;  // most private memory of this process; 0: no limit
};

struct ContextStepFigures {
  bool out_of_memory = false;  // then the others mean nothing
  double seconds = 0.0;
  int64_t peak_bytes = 0;  // largest resident memory of this process

  // 2-norm of the gradient of the first layer's projection to q, k and v, of this rank's tokens:
  // all methods compute the same.
  double gradient_norm = 0.0;
};

// Every rank of the ring calls it, once in a process: the limit stays. Only blockwise and ring may
// have more than one. Throws std::invalid_argument for a method that is none of these.
ContextStepFigures MeasureContextStep(const ContextStepOptions& options, const ring::Ring& ring);

// Bytes of one rank by arithmetic, without what a process holds before it begins: for each token
// and layer 9 D floats of the trunk and 4 D of attention (q, k, v, out), besides gradients in
// passing; for vanilla a matrix of weights a layer and two in passing. D width.
int64_t PredictContextBytes(const ContextStepOptions& options, int ring_size);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_CONTEXT_STEP_H_
