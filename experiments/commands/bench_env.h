// `ringrl bench env` and `ringrl bench relabel`: what is simulated, beside EnvPool and dm_control.
#ifndef EXPERIMENTS_COMMANDS_BENCH_ENV_H_
#define EXPERIMENTS_COMMANDS_BENCH_ENV_H_

#include "experiments/commands/commands.h"

namespace experiments {

int RunBenchEnv(Arguments arguments);
int RunBenchRelabel(Arguments arguments);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_BENCH_ENV_H_
