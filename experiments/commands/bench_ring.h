// `ringrl bench ring`, and the command it starts its own processes with.
#ifndef EXPERIMENTS_COMMANDS_BENCH_RING_H_
#define EXPERIMENTS_COMMANDS_BENCH_RING_H_

#include "experiments/commands/commands.h"

namespace experiments {

int RunBenchRing(Arguments arguments);

// One rank, for as long as its requests last.
int RunBenchRingRank(Arguments arguments);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_BENCH_RING_H_
