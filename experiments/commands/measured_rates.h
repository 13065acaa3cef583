// How fast this machine computes and copies, for plans that are not told.
#ifndef EXPERIMENTS_COMMANDS_MEASURED_RATES_H_
#define EXPERIMENTS_COMMANDS_MEASURED_RATES_H_

#include "ring/attention/ring_planner.h"

namespace experiments {

// Operations a second of attention over blocks of the problem's head width and types, by all
// threads of this process. Takes a third of a second, and so does the other.
double MeasureFlops(const ring::RingProblem& problem);

// Bytes a second of a copy in memory.
double MeasureCopy();

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_MEASURED_RATES_H_
