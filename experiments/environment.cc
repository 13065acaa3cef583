#include "experiments/environment.h"

#include "experiments/build_info.h"
#include "experiments/machine.h"
#include "rl/env/mujoco_error.h"

#include <nlohmann/json.hpp>
#include <torch/version.h>

#include <ctime>
#include <gnu/libc-version.h>

namespace experiments {

std::string_view ProgramVersion() { return kProgramVersion; }
std::string_view ProgramCommit() { return kProgramCommit; }

std::vector<std::pair<std::string, std::string>> LibraryVersions() {
  return {{"LibTorch", TORCH_VERSION},
          {"MuJoCo", rl::MujocoLibraryVersion()},
          {"glibc", gnu_get_libc_version()},
          {"compiler", "GCC " __VERSION__}};
}

nlohmann::json RunEnvironment(std::string_view command, std::span<const std::string> arguments) {
  std::vector<std::string> command_line{"ringrl"};
  // A command of a table is two words: "dataset import".
  for (size_t begin = 0; begin < command.size();) {
    const size_t end = std::min(command.find(' ', begin), command.size());
    command_line.emplace_back(command.substr(begin, end - begin));
    begin = end + 1;
  }
  command_line.insert(command_line.end(), arguments.begin(), arguments.end());
  nlohmann::json libraries = nlohmann::json::object();
  for (const auto& [name, version] : LibraryVersions()) libraries[name] = version;
  return {{"version", kProgramVersion}, {"commit", kProgramCommit},
          {"libraries", libraries},     {"machine", ToJson(DescribeMachine())},
          {"date", UtcDate()},          {"command_line", command_line}};
}

std::string LocalTimestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof(text), "%Y%m%d-%H%M%S", &local);
  return text;
}

std::string UtcDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace experiments
