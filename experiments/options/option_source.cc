#include "experiments/options/option_source.h"

#include "experiments/options/usage_error.h"

#include <boost/program_options.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

namespace experiments {
namespace {

namespace po = boost::program_options;

// Long options only, whole names only: a prefix that is unique today may not be tomorrow.
constexpr int kStyle = po::command_line_style::allow_long |
                       po::command_line_style::long_allow_adjacent |
                       po::command_line_style::long_allow_next;

const DeclaredName* Find(std::span<const DeclaredName> declared, const std::string& name) {
  const auto found = std::ranges::find(declared, name, &DeclaredName::name);
  return found == declared.end() ? nullptr : &*found;
}

// Whether a bare argument is `name=value` and not, say, a path with an equals sign in it.
bool IsBareAssignment(const std::string& argument) {
  const size_t equals = argument.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  return std::all_of(argument.begin(), argument.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](unsigned char c) {
                       return std::islower(c) || std::isdigit(c) || c == '.' || c == '-' ||
                              c == '_';
                     }) &&
         argument[0] != '-';
}

bool IsBoolWord(const std::string& word) { return word == "true" || word == "false"; }

// Rewrites what Boost does not know, `name=value` and `--flag true`, as what it does.
std::vector<std::string> Normalize(std::span<const std::string> arguments,
                                   std::span<const DeclaredName> declared) {
  std::vector<std::string> normalized;
  bool takes_next = false;  // the last argument was an option that waits for its value
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") {
      normalized.insert(normalized.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i),
                        arguments.end());
      break;
    }
    const bool is_value = std::exchange(takes_next, false);
    if (!argument.starts_with("--")) {
      normalized.push_back(!is_value && IsBareAssignment(argument) ? "--" + argument : argument);
      continue;
    }
    const DeclaredName* const option = Find(declared, argument.substr(2));
    if (option != nullptr && option->is_bool) {
      const bool has_word = i + 1 < arguments.size() && IsBoolWord(arguments[i + 1]);
      normalized.push_back(argument + "=" + (has_word ? arguments[++i] : "true"));
      continue;
    }
    const bool is_last_word = i + 1 == arguments.size() || arguments[i + 1].starts_with("--");
    if (option != nullptr && is_last_word) throw UsageError(argument + " needs a value");
    takes_next = option != nullptr;
    normalized.push_back(argument);
  }
  return normalized;
}

std::string Trim(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// The numbers of the lines that hold `name = value`, in order: Boost's parser does not keep them.
// Throws UsageError for the first line that means nothing.
std::vector<int> AssignmentLines(const std::string& text, const std::string& file) {
  std::vector<int> lines;
  std::istringstream stream(text);
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    const std::string content = Trim(line.substr(0, line.find('#')));
    if (content.empty() || (content.front() == '[' && content.back() == ']')) continue;
    const size_t equals = content.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError(file + ":" + std::to_string(number) + ": '" + content +
                       "' is neither a [section] nor 'name = value'");
    }
    lines.push_back(number);
  }
  return lines;
}

}  // namespace

CommandLine ReadCommandLine(std::span<const std::string> arguments,
                            std::span<const DeclaredName> declared) {
  po::options_description description;
  for (const DeclaredName& option : declared) {
    description.add_options()(option.name.c_str(), po::value<std::string>());
  }
  CommandLine line;
  try {
    const po::parsed_options parsed = po::command_line_parser(Normalize(arguments, declared))
                                          .options(description)
                                          .style(kStyle)
                                          .allow_unregistered()
                                          .run();
    for (const po::option& option : parsed.options) {
      if (option.position_key >= 0) {
        line.positional.insert(line.positional.end(), option.value.begin(), option.value.end());
        continue;
      }
      const std::string value = option.value.empty() ? "" : option.value.front();
      line.assignments.push_back({option.string_key, value, "--" + option.string_key});
    }
  } catch (const po::error_with_option_name& error) {
    throw UsageError(error.get_option_name() + " needs a value");
  }
  return line;
}

std::vector<Assignment> ReadConfigFile(const std::filesystem::path& path) {
  std::ifstream stream(path);
  if (!stream.is_open() || std::filesystem::is_directory(path)) {
    throw UsageError("cannot read the configuration file " + path.string());
  }
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  const std::vector<int> lines = AssignmentLines(text, path.string());
  std::istringstream content(std::move(text));
  const po::parsed_options parsed =
      po::parse_config_file(content, po::options_description(), /*allow_unregistered=*/true);
  std::vector<Assignment> assignments;
  for (size_t i = 0; i < parsed.options.size(); ++i) {
    const po::option& option = parsed.options[i];
    const std::string place =
        path.string() + ":" + std::to_string(lines.at(i)) + ": " + option.string_key;
    assignments.push_back({option.string_key, option.value.at(0), place});
  }
  return assignments;
}

}  // namespace experiments
