// Where values come from: a command line or an INI file, taken apart by Boost.Program_options.
//
// This is the one place that names Boost. What it hands on is plain: a list of "this name was given
// this text, here", in the order written. Whether the name exists is the reader's to know.
#ifndef EXPERIMENTS_OPTIONS_OPTION_SOURCE_H_
#define EXPERIMENTS_OPTIONS_OPTION_SOURCE_H_

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace experiments {

struct DeclaredName {
  std::string name;
  bool is_bool = false;  // may stand without a value
};

struct Assignment {
  std::string name;  // dotted, without dashes
  std::string value;
  std::string place;  // "--name" on a command line, "file.cfg:12: name" in a file
};

struct CommandLine {
  std::vector<Assignment> assignments;
  std::vector<std::string> positional;  // the arguments that belong to no option
};

// Throws UsageError for an option without its value.
CommandLine ReadCommandLine(std::span<const std::string> arguments,
                            std::span<const DeclaredName> declared);

// Throws UsageError for a file that cannot be read and for a line that is neither a section, a
// comment nor `name = value`.
std::vector<Assignment> ReadConfigFile(const std::filesystem::path& path);

}  // namespace experiments

#endif  // EXPERIMENTS_OPTIONS_OPTION_SOURCE_H_
