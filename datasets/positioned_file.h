// A file that is read at given places by any number of threads.
//
// HDF5 lets one thread in at a time, and threads that queue for its lock spend longer on waking
// each other than on reading. Once the library has said where an array lies, it is fetched through
// this.
#ifndef DATASETS_POSITIONED_FILE_H_
#define DATASETS_POSITIONED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace datasets {

class PositionedFile {
 public:
  // Throws std::runtime_error when the file cannot be opened.
  explicit PositionedFile(const std::filesystem::path& path);
  ~PositionedFile();
  PositionedFile(const PositionedFile&) = delete;
  PositionedFile& operator=(const PositionedFile&) = delete;

  // Fills `first` and then `second` with the bytes from `offset` on. False when the file ends
  // before that or cannot be read.
  bool Read(uint64_t offset, std::span<std::byte> first, std::span<std::byte> second = {}) const;

 private:
  int fd_;
};

}  // namespace datasets

#endif  // DATASETS_POSITIONED_FILE_H_
