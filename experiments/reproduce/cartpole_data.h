// A small dataset made from nothing, for `quickstart` and for tables that need no download.
#ifndef EXPERIMENTS_REPRODUCE_CARTPOLE_DATA_H_
#define EXPERIMENTS_REPRODUCE_CARTPOLE_DATA_H_

#include "rl/collect/cartpole_collection.h"

#include <filesystem>
#include <string>

namespace experiments {

// Writes episodes of cartpole_swingup by a controller of rising competence to an HDF5 file, whole
// or not at all, and makes the folders above it. `made_by` is noted in the file.
void MakeCartpoleData(const rl::CartpoleCollectionOptions& options, const std::string& made_by,
                      const std::filesystem::path& path);

}  // namespace experiments

#endif  // EXPERIMENTS_REPRODUCE_CARTPOLE_DATA_H_
