// Converts an ExoRL buffer into a dataset file.
//
// A stream: threads read, inflate, check and encode episodes; the calling thread writes them in
// order. Memory holds a few episodes per thread, however many there are, and the file's content
// does not depend on the number of threads.
#ifndef DATASETS_EXORL_IMPORT_H_
#define DATASETS_EXORL_IMPORT_H_

#include "datasets/exorl_source.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace datasets {

struct ExorlImportOptions {
  std::string domain;     // of the catalog; files of another one are refused
  std::string collector;  // empty: the source's own name
  // The task whose reward the buffer holds, of this domain. With a reward column per target it also
  // picks the column, the first one otherwise.
  std::string task = "collected";
  int64_t limit = 0;      // episodes to take, 0 for all
  bool skip_bad = false;  // leave bad files out and list them, instead of stopping at the first
  bool compress = false;  // see EpisodeWriterOptions
  int num_threads = 1;    // that read and inflate
  std::function<void(int64_t done, int64_t total)> on_progress;  // on the calling thread
};

struct ExorlImportResult {
  std::string collector;
  int64_t num_episodes = 0;
  int64_t num_steps = 0;
  int64_t array_bytes = 0;  // of the source's arrays, uncompressed
  struct Skipped {
    std::string reason;  // opened by the file's name
  };
  std::vector<Skipped> skipped;
};

// Throws on the first bad file unless `skip_bad`; then only if no good one is left. A failed import
// leaves no file, and an older one at `output` as it was.
ExorlImportResult ImportExorl(const ExorlSource& source, const std::filesystem::path& output,
                              const ExorlImportOptions& options);

}  // namespace datasets

#endif  // DATASETS_EXORL_IMPORT_H_
