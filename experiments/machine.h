// The machine a result was measured on.
#ifndef EXPERIMENTS_MACHINE_H_
#define EXPERIMENTS_MACHINE_H_

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace experiments {

struct Machine {
  std::string cpu;           // model name
  int cores = 1;             // that this process may use, control-group quota included
  int64_t memory_bytes = 0;  // physical, or the control group's limit where that is lower
  std::optional<std::string> gpu;
};

Machine DescribeMachine();

// {cpu, cores, memory, gpu}; gpu is null without one.
nlohmann::json ToJson(const Machine& machine);

// The default of every --threads option: the cores this process may use.
int DefaultThreads();

}  // namespace experiments

#endif  // EXPERIMENTS_MACHINE_H_
