// Runs a program that measures a system, of others' or our own, and reads the numbers it prints.
#ifndef EXPERIMENTS_BENCHMARKS_PEER_PROCESS_H_
#define EXPERIMENTS_BENCHMARKS_PEER_PROCESS_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace experiments {

// A shell's command line of these words.
std::string ShellCommand(const std::filesystem::path& program, const std::filesystem::path& script,
                         const std::vector<std::string>& arguments);

// Nothing when `python` is empty, the system is not installed, or the program fails for another
// reason: a figure that was not measured.
std::optional<double> MeasurePeer(const std::filesystem::path& python,
                                  const std::filesystem::path& script,
                                  const std::vector<std::string>& arguments);

// The same for a program that prints several numbers: the first `count` of them, or none.
std::vector<double> MeasurePeer(const std::filesystem::path& python,
                                const std::filesystem::path& script,
                                const std::vector<std::string>& arguments, size_t count);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_PEER_PROCESS_H_
