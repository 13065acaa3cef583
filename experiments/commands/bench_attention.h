// `ringrl bench attention`.
#ifndef EXPERIMENTS_COMMANDS_BENCH_ATTENTION_H_
#define EXPERIMENTS_COMMANDS_BENCH_ATTENTION_H_

#include "experiments/commands/commands.h"

namespace experiments {

int RunBenchAttention(Arguments arguments);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_BENCH_ATTENTION_H_
