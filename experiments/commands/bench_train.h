// `ringrl bench train`, and the command it measures itself with.
#ifndef EXPERIMENTS_COMMANDS_BENCH_TRAIN_H_
#define EXPERIMENTS_COMMANDS_BENCH_TRAIN_H_

#include "experiments/commands/commands.h"

namespace experiments {

int RunBenchTrain(Arguments arguments);

// Prints the seconds of an update and the process's peak of bytes.
int RunBenchTrainStep(Arguments arguments);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_BENCH_TRAIN_H_
