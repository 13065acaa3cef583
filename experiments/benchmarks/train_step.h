// One process of `ringrl bench train`: updates of an Agentic Transformer on a context of random
// numbers, by the code that `train` runs.
#ifndef EXPERIMENTS_BENCHMARKS_TRAIN_STEP_H_
#define EXPERIMENTS_BENCHMARKS_TRAIN_STEP_H_

#include "ring/runtime/ring.h"

#include <cstdint>
#include <string>

namespace experiments {

struct TrainStepOptions {
  int64_t tokens = 16384;  // of the context, four of them a step of a walker
  int64_t layers = 3;
  int64_t heads = 1;
  int64_t dim = 128;
  std::string operands = "float32";  // of attention
  int64_t updates = 1;               // measured, after one that is not
};

struct TrainStepFigures {
  double seconds = 0;      // of an update, the median
  int64_t peak_bytes = 0;  // largest resident memory of this process so far
};

// Every rank of the ring calls it. Throws std::invalid_argument for counts below 1 and for tokens
// that are no whole steps.
TrainStepFigures MeasureTrainStep(const TrainStepOptions& options, const ring::Ring& ring);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_TRAIN_STEP_H_
