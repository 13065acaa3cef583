// A file that replaces another one completely or not at all.
#ifndef DATASETS_REPLACEMENT_FILE_H_
#define DATASETS_REPLACEMENT_FILE_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace datasets {

// Reserves an unused name beside `target` ("w.hdf5" gives "w.hdf5.7f3a91.partial") for the caller
// to write to. Commit makes the content durable and renames it over `target`; destroyed without it,
// the temporary file is removed and `target` is untouched. Failures are std::runtime_error.
class ReplacementFile {
 public:
  explicit ReplacementFile(std::filesystem::path target);
  ReplacementFile(ReplacementFile&& other) noexcept;
  ReplacementFile& operator=(ReplacementFile&&) = delete;
  ~ReplacementFile();

  const std::filesystem::path& target() const { return target_; }
  const std::filesystem::path& temporary() const { return temporary_; }

  // REQUIRES: nobody has the temporary file open for writing.
  void Commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty once committed
};

// Writes `bytes` to `path` by way of a replacement file.
void WriteWholeFile(const std::filesystem::path& path, std::span<const std::byte> bytes);

// The whole content of a regular file.
std::vector<std::byte> ReadWholeFile(const std::filesystem::path& path);

}  // namespace datasets

#endif  // DATASETS_REPLACEMENT_FILE_H_
