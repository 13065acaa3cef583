// What training one cell of a table would take, worked out and not tried: tokens, parameters, bytes
// of one rank, seconds.
//
// Bytes are those of weights, gradients and Adam's two moments (16 a parameter), of attention
// (ring_planner.h) and, for each token and layer of a transformer, (5 + F) D floats that backward
// needs besides: two norms' inputs and outputs, attention's output, F D hidden values; and 2 F D
// more a token while one layer is being gone back through. What the process has anyway, LibTorch
// and the data, is not counted. D model dimension, F feed-forward width in units of it.
#ifndef EXPERIMENTS_COMMANDS_CELL_PLAN_H_
#define EXPERIMENTS_COMMANDS_CELL_PLAN_H_

#include "datasets/catalog.h"
#include "experiments/commands/train_options.h"
#include "ring/attention/ring_planner.h"

#include <cstdint>

namespace experiments {

struct CellPlan {
  int64_t tokens = 0;  // of an update, at most; transitions, for algorithms without contexts
  int64_t tokens_per_rank = 0;
  int64_t parameters = 0;
  double bytes_per_rank = 0.0;
  double seconds_per_update = 0.0;
  double hours = 0.0;  // of all updates, without evaluations
};

CellPlan PlanCell(const TrainOptions& options, const datasets::DomainInfo& domain,
                  const ring::RingRates& rates);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_CELL_PLAN_H_
