// Turns the metrics of single updates into rows worth keeping: means, totals and rates.
//
// Means and totals are part of the training state and are saved with it, so that the rows of a
// resumed run continue those of the first. Times are not: they belong to the process.
#ifndef RL_TRAIN_TRAINING_METER_H_
#define RL_TRAIN_TRAINING_METER_H_

#include "rl/agents/algorithm.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace rl {

class TrainingMeter {
 public:
  // `seconds` is how long the update took.
  void Add(const Metrics& update, double seconds);

  // One row, and the next interval begins. In this order:
  //   every metric of the updates (loss, gradient_norm, ...)   mean since the previous row, over
  //                                                            the updates that had it
  //   tokens, steps                                            total since step 0
  //   train_steps_per_second, tokens_per_second                over the time spent in updates
  //   peak_memory_mib                                          of the process, so far
  //   exposed_communication       mean seconds per update that a rank of a ring waited for others
  Metrics Row();

  nlohmann::json Save() const;
  void Load(const nlohmann::json& saved);

 private:
  struct Sum {
    std::string name;
    double value = 0;
    int64_t updates = 0;  // that had it
  };

  std::vector<Sum> interval_;             // in the order the algorithm names them
  std::map<std::string, double> totals_;  // of the metrics that are counts
  // Of this process alone: after a resume the interval's rate covers only what was done since.
  double timed_seconds_ = 0;
  int64_t timed_updates_ = 0;
  double timed_tokens_ = 0;
  double timed_waiting_ = 0;
};

// Largest resident memory of this process so far, in bytes (VmHWM of /proc/self/status); 0 where
// the system does not tell.
int64_t PeakMemoryBytes();

}  // namespace rl

#endif  // RL_TRAIN_TRAINING_METER_H_
