// The commands below `ringrl dataset`, one file each; called like those in commands.h.
#ifndef EXPERIMENTS_COMMANDS_DATASET_H_
#define EXPERIMENTS_COMMANDS_DATASET_H_

#include <span>
#include <string>

namespace experiments {

int RunDatasetImport(std::span<const std::string> arguments);
int RunDatasetInfo(std::span<const std::string> arguments);
int RunDatasetValidate(std::span<const std::string> arguments);
int RunDatasetRelabel(std::span<const std::string> arguments);
int RunDatasetExport(std::span<const std::string> arguments);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_DATASET_H_
