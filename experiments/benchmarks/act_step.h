// One process of `ringrl bench train`'s acting rows: control steps of an Agentic Transformer behind
// a context of random numbers.
#ifndef EXPERIMENTS_BENCHMARKS_ACT_STEP_H_
#define EXPERIMENTS_BENCHMARKS_ACT_STEP_H_

#include <cstdint>

namespace experiments {

struct ActStepOptions {
  int64_t context_steps = 20;  // four tokens each, of a walker; the last is the one acted on
  int64_t episodes = 1;        // at once, each with a context of its own
  int64_t layers = 3;
  int64_t heads = 1;
  int64_t dim = 128;
  double seconds = 1;      // to spend on each figure
  bool recompute = false;  // measure that too
};

// Seconds of one control step of all episodes; 0 for what was not measured.
struct ActStepFigures {
  double cached = 0;        // by the packed weights that acting uses
  double by_layers = 0;     // through the layers that training uses, behind the same cache
  double recomputed = 0;    // the whole context by those layers, without a cache
  double bound = 0;         // reading cache and weights once, as fast as all threads can
  int64_t cache_bytes = 0;  // of one episode
};

// Throws std::invalid_argument for counts below 1.
ActStepFigures MeasureActStep(const ActStepOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_ACT_STEP_H_
