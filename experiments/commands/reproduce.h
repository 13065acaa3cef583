// `ringrl reproduce`: fills a table of tasks, methods and seeds, and reports on it.
#ifndef EXPERIMENTS_COMMANDS_REPRODUCE_H_
#define EXPERIMENTS_COMMANDS_REPRODUCE_H_

#include <span>
#include <string>

namespace experiments {

int RunReproduce(std::span<const std::string> arguments);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_REPRODUCE_H_
