// A table of commands and the step from a word to a function: the whole of main(), and of every
// command that is itself a table (`dataset`, `bench`).
#ifndef EXPERIMENTS_COMMANDS_COMMAND_TABLE_H_
#define EXPERIMENTS_COMMANDS_COMMAND_TABLE_H_

#include <span>
#include <string>
#include <string_view>

namespace experiments {

struct Command {
  std::string_view name;
  std::string_view summary;  // one line, no full stop
  int (*run)(std::span<const std::string> arguments);
};

// Runs the command that `arguments` begins with, and hands it the rest. No argument or --help
// prints the table to stdout. Throws UsageError with the nearest name for an unknown one. `prefix`
// is what stands before the command: "ringrl" or "ringrl dataset".
int RunCommand(std::string_view prefix, std::span<const Command> commands,
               std::span<const std::string> arguments);

// The table as --help shows it.
std::string DescribeCommands(std::string_view prefix, std::span<const Command> commands);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_COMMAND_TABLE_H_
