// `ringrl bench context`, and the command it measures with.
#ifndef EXPERIMENTS_COMMANDS_BENCH_CONTEXT_H_
#define EXPERIMENTS_COMMANDS_BENCH_CONTEXT_H_

#include "experiments/commands/commands.h"

namespace experiments {

int RunBenchContext(Arguments arguments);

// Prints whether memory ran out (1 or 0), the seconds of a step and the process's peak of bytes.
int RunBenchContextStep(Arguments arguments);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_BENCH_CONTEXT_H_
