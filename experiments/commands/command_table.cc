#include "experiments/commands/command_table.h"

#include "experiments/options/nearest_match.h"
#include "experiments/options/usage_error.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace experiments {

std::string DescribeCommands(std::string_view prefix, std::span<const Command> commands) {
  size_t width = 0;
  for (const Command& command : commands) width = std::max(width, command.name.size());
  std::string text = "usage: " + std::string(prefix) + " COMMAND [options]\n\ncommands:\n";
  for (const Command& command : commands) {
    std::string name(command.name);
    name.resize(width + 2, ' ');
    text += "  " + name + std::string(command.summary) + "\n";
  }
  text += "\n`" + std::string(prefix) + " COMMAND --help` explains each.\n";
  return text;
}

int RunCommand(std::string_view prefix, std::span<const Command> commands,
               std::span<const std::string> arguments) {
  const bool asks = arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" ||
                    arguments[0] == "help";
  if (asks) {
    std::fputs(DescribeCommands(prefix, commands).c_str(), stdout);
    return 0;
  }
  const auto command = std::ranges::find(commands, arguments[0], &Command::name);
  if (command == commands.end()) {
    std::vector<std::string> names;
    for (const Command& known : commands) names.emplace_back(known.name);
    throw UsageError("unknown command '" + arguments[0] + "'" + DidYouMean(arguments[0], names) +
                     " (" + std::string(prefix) + " --help lists them)");
  }
  return command->run(arguments.subspan(1));
}

}  // namespace experiments
