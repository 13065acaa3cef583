// Runs a Python program that measures another system, and reads the one number it prints.
#ifndef EXPERIMENTS_BENCHMARKS_PEER_PROCESS_H_
#define EXPERIMENTS_BENCHMARKS_PEER_PROCESS_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace experiments {

// Nothing when `python` is empty, the system is not installed, or the program fails for another
// reason: a figure that was not measured.
std::optional<double> MeasurePeer(const std::filesystem::path& python,
                                  const std::filesystem::path& script,
                                  const std::vector<std::string>& arguments);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_PEER_PROCESS_H_
