// `ringrl bench launch`.
#ifndef EXPERIMENTS_COMMANDS_BENCH_LAUNCH_H_
#define EXPERIMENTS_COMMANDS_BENCH_LAUNCH_H_

#include "experiments/commands/commands.h"

namespace experiments {

int RunBenchLaunch(Arguments arguments);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_BENCH_LAUNCH_H_
