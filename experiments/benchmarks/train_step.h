// One process of `ringrl bench train`: updates of an algorithm on random numbers, by the code that
// `train` runs, drawing batches included.
#ifndef EXPERIMENTS_BENCHMARKS_TRAIN_STEP_H_
#define EXPERIMENTS_BENCHMARKS_TRAIN_STEP_H_

#include "ring/runtime/ring.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

namespace experiments {

// What is trained, on data of a walker's dimensions. Fields that an algorithm does not have are not
// read.
struct TrainStepOptions {
  std::string algorithm = "at";  // at, dt or td3_bc
  int64_t tokens = 16384;        // at: of the one context, four of them a step
  int64_t context_steps = 20;    // dt: K
  int64_t batch = 64;            // dt, td3_bc
  int64_t layers = 3;            // at, dt, and so the next two
  int64_t heads = 1;
  int64_t dim = 128;
  int64_t hidden_dim = 256;          // td3_bc
  std::string operands = "float32";  // at, dt: of attention
  int64_t updates = 1;               // measured, after a few that are not
};

struct TrainStepFigures {
  double seconds = 0;      // of an update, the mean
  int64_t peak_bytes = 0;  // largest resident memory of this process so far
};

// The shape in words, and as the peers take it (train_peers.py).
std::string ShapeInWords(const TrainStepOptions& options);
nlohmann::json ShapeForPeers(const TrainStepOptions& options);

// Every rank of the ring calls it. Throws std::invalid_argument for counts below 1, for tokens that
// are no whole steps, and for another algorithm.
TrainStepFigures MeasureTrainStep(const TrainStepOptions& options, const ring::Ring& ring);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_TRAIN_STEP_H_
