// `ringrl dataset`: the table of what can be done with a dataset file.
#include "experiments/commands/dataset.h"

#include "experiments/commands/command_table.h"
#include "experiments/commands/commands.h"

#include <array>

namespace experiments {

int RunDataset(Arguments arguments) {
  constexpr std::array kCommands{
      Command{"import", "convert an ExoRL folder or zip into one HDF5 file", RunDatasetImport},
      Command{"info", "print what a dataset file holds", RunDatasetInfo},
      Command{"validate", "check every episode and list all problems", RunDatasetValidate},
      Command{"relabel", "add the rewards of other tasks, from the stored physics",
              RunDatasetRelabel},
      Command{"export", "convert a dataset file for Minari, or back to ExoRL's files",
              RunDatasetExport},
  };
  return RunCommand("ringrl dataset", kCommands, arguments);
}

}  // namespace experiments
