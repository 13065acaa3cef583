// A process that takes a core for itself: what a busy neighbor does to a measurement.
#ifndef EXPERIMENTS_BENCHMARKS_BUSY_PROCESS_H_
#define EXPERIMENTS_BENCHMARKS_BUSY_PROCESS_H_

#include <sys/types.h>

namespace experiments {

// Runs from construction to destruction, and not a moment longer: it is killed and reaped, and dies
// with the process that made it.
class BusyProcess {
 public:
  BusyProcess();
  ~BusyProcess();
  BusyProcess(const BusyProcess&) = delete;
  BusyProcess& operator=(const BusyProcess&) = delete;

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_BUSY_PROCESS_H_
