#include "experiments/benchmarks/peer_process.h"

#include <cstdio>
#include <memory>

#include <stdio.h>

namespace experiments {
namespace {

std::string Quoted(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string ShellCommand(const std::filesystem::path& program, const std::filesystem::path& script,
                         const std::vector<std::string>& arguments) {
  std::string command = Quoted(program.string()) + " " + Quoted(script.string());
  for (const std::string& argument : arguments) command += " " + Quoted(argument);
  return command;
}

std::optional<double> MeasurePeer(const std::filesystem::path& python,
                                  const std::filesystem::path& script,
                                  const std::vector<std::string>& arguments) {
  const std::vector<double> figures = MeasurePeer(python, script, arguments, /*count=*/1);
  return figures.empty() ? std::nullopt : std::optional(figures[0]);
}

std::vector<double> MeasurePeer(const std::filesystem::path& python,
                                const std::filesystem::path& script,
                                const std::vector<std::string>& arguments, size_t count) {
  if (python.empty()) return {};
  const std::string command = ShellCommand(python, script, arguments) + " 2>/dev/null";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::vector<double> figures(count);
  for (double& figure : figures) {
    if (!pipe || std::fscanf(pipe.get(), "%lf", &figure) != 1) return {};
  }
  return figures;
}

}  // namespace experiments
