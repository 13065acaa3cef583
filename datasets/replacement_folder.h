// A folder that appears complete or not at all.
#ifndef DATASETS_REPLACEMENT_FOLDER_H_
#define DATASETS_REPLACEMENT_FOLDER_H_

#include <filesystem>

namespace datasets {

// Makes an empty folder of an unused name beside `target`, creating the folders above it. Commit
// renames it to `target`; destroyed without it, it is removed with everything in it. Throws
// std::invalid_argument when `target` exists: nothing of the user's is ever mixed with ours.
class ReplacementFolder {
 public:
  explicit ReplacementFolder(std::filesystem::path target);
  ~ReplacementFolder();
  ReplacementFolder(const ReplacementFolder&) = delete;
  ReplacementFolder& operator=(const ReplacementFolder&) = delete;

  const std::filesystem::path& temporary() const { return temporary_; }
  void Commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty once committed
};

}  // namespace datasets

#endif  // DATASETS_REPLACEMENT_FOLDER_H_
