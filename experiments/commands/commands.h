// Every command of the program. Each takes the arguments after its name and returns the exit status
// (0 done, 1 failed, 130 or 143 stopped by a signal); wrong usage and failures are thrown, and
// main() says them.
#ifndef EXPERIMENTS_COMMANDS_COMMANDS_H_
#define EXPERIMENTS_COMMANDS_COMMANDS_H_

#include <span>
#include <string>

namespace experiments {

using Arguments = std::span<const std::string>;

int RunQuickstart(Arguments arguments);
int RunDataset(Arguments arguments);  // import | info | validate | relabel | export
int RunTrain(Arguments arguments);
int RunEvaluate(Arguments arguments);
int RunSimulate(Arguments arguments);
int RunBench(Arguments arguments);  // dataset | env
int RunLaunch(Arguments arguments);
int RunPlan(Arguments arguments);
int RunReport(Arguments arguments);
int RunDoctor(Arguments arguments);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_COMMANDS_H_
