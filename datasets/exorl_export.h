// Converts a dataset file back into a folder of ExoRL .npz files.
#ifndef DATASETS_EXORL_EXPORT_H_
#define DATASETS_EXORL_EXPORT_H_

#include "datasets/episode_reader.h"

#include <cstdint>
#include <filesystem>
#include <functional>

namespace datasets {

struct ExorlExportOptions {
  int num_threads = 1;
  std::function<void(int64_t done, int64_t total)> on_progress;  // on the calling thread
};

// Makes `folder`/buffer/episode_<index>_<T>.npz, whose arrays equal bit for bit those the dataset
// was imported from. The folder appears when it is complete; it must not exist before.
void ExportExorl(const EpisodeReader& reader, const std::filesystem::path& folder,
                 const ExorlExportOptions& options);

}  // namespace datasets

#endif  // DATASETS_EXORL_EXPORT_H_
