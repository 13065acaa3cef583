// The acting rows of `ringrl bench train`: the command they are measured with, and their table.
#ifndef EXPERIMENTS_COMMANDS_BENCH_ACT_H_
#define EXPERIMENTS_COMMANDS_BENCH_ACT_H_

#include "experiments/commands/commands.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdio>

namespace experiments {

// Prints the seconds of a control step by the packed weights, by the layers and recomputed, the
// seconds of reading what it reads, and the bytes of an episode's cache.
int RunBenchActStep(Arguments arguments);

// Rows of BenchmarkActing().
void PrintActing(const nlohmann::json& rows, std::FILE* out);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_BENCH_ACT_H_
