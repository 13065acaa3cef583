// Where ExoRL episodes come from: a folder of .npz files, or the downloaded .zip of such files.
#ifndef DATASETS_EXORL_SOURCE_H_
#define DATASETS_EXORL_SOURCE_H_

#include "datasets/npz.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace datasets {

// What "episode_000012_1000.npz" says: episode 12, of 1000 steps. Names that the collector itself
// wrote, "20220131T101112_12_1000.npz", end the same way.
struct ExorlFileName {
  std::string name;  // as the source knows it: a path, or a member of the zip
  int64_t index = 0;
  int64_t num_steps = 0;
};

// The episodes of one buffer, in the order of their numbers. Opening them from several threads at
// once is safe.
class ExorlSource {
 public:
  // `path` is a .zip, a folder with a `buffer` folder in it, or the folder of episodes itself.
  // Throws std::invalid_argument when there are no episodes or a name does not fit the pattern.
  static ExorlSource Open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const std::vector<ExorlFileName>& files() const { return files_; }

  // The folder's or the zip's own name, which by ExoRL's habit is the collector's.
  std::string CollectorName() const;

  NpzArchive OpenEpisode(size_t file) const;

 private:
  ExorlSource() = default;
  // By episode number; refuses two files with the same one.
  void Sort();

  std::filesystem::path path_;
  std::shared_ptr<const ZipArchive> zip_;  // null for a folder
  std::vector<ExorlFileName> files_;
  std::vector<size_t> members_;  // of the zip, parallel to files_
};

// Nothing when the name does not end in _<index>_<length>.npz.
std::optional<ExorlFileName> ParseExorlFileName(std::string_view name);

}  // namespace datasets

#endif  // DATASETS_EXORL_SOURCE_H_
