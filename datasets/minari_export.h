// Dresses a dataset file as a dataset of Minari 0.5, which is a folder:
//
//   <folder>/data/main_data.hdf5   the dataset file itself, whose layout is Minari's
//   <folder>/data/metadata.json    spaces, totals, names
#ifndef DATASETS_MINARI_EXPORT_H_
#define DATASETS_MINARI_EXPORT_H_

#include "datasets/episode_reader.h"

#include <filesystem>
#include <string>

namespace datasets {

struct MinariExportOptions {
  // "namespace/name-v0"; empty: the folder's own name, "-v0" added where it has no version.
  std::string dataset_id;
  // Copy the dataset file instead of linking to it. A link costs nothing, but what Minari changes
  // in it changes in the original. Another file system always means a copy.
  bool copy = false;
};

// Returns the dataset's id. The folder appears when it is complete; it must not exist before.
std::string ExportMinari(const EpisodeReader& reader, const std::filesystem::path& folder,
                         const MinariExportOptions& options);

}  // namespace datasets

#endif  // DATASETS_MINARI_EXPORT_H_
