#include "datasets/exorl_export.h"

#include "datasets/exorl_episode.h"
#include "datasets/ordered_work.h"
#include "datasets/replacement_folder.h"

namespace datasets {

void ExportExorl(const EpisodeReader& reader, const std::filesystem::path& folder,
                 const ExorlExportOptions& options) {
  ReplacementFolder out(folder);
  const std::filesystem::path buffer = out.temporary() / "buffer";
  std::filesystem::create_directory(buffer);
  const auto make = [&](int64_t index) {
    WriteExorlEpisode(reader.Read(index), index, buffer);
    return index;
  };
  const auto take = [&](int64_t index, int64_t /*made*/) {
    if (options.on_progress) options.on_progress(index + 1, reader.num_episodes());
  };
  OrderedWork<int64_t>::Run(reader.num_episodes(), options.num_threads, make, take);
  out.Commit();
}

}  // namespace datasets
