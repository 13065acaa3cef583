// What `report` does, for commands that end with one.
#ifndef EXPERIMENTS_COMMANDS_REPORT_H_
#define EXPERIMENTS_COMMANDS_REPORT_H_

#include <filesystem>
#include <string>
#include <vector>

namespace experiments {

// Writes one page about these runs, whole or not at all; makes the folders above `output`.
void WriteReport(const std::vector<std::string>& run_folders, const std::filesystem::path& output);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_REPORT_H_
