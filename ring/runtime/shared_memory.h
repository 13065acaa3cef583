// Memory that the processes of one host share, gone with the last of them however they end.
//
// It has no name in any folder: it is an anonymous file (memfd) that others open through
// /proc/PID/fd of the process that made it. So nothing can be left behind, and /dev/shm, which
// containers keep small, is not touched. The file is sparse: pages nobody has touched cost nothing.
#ifndef RING_RUNTIME_SHARED_MEMORY_H_
#define RING_RUNTIME_SHARED_MEMORY_H_

#include <cstddef>
#include <string>

namespace ring {

// An open file of shared memory. Throws c10::Error when the system refuses.
class SharedFile {
 public:
  static SharedFile Create(const std::string& name, size_t bytes);

  // `path` from another process's SharedFile (or this one's), which must live.
  static SharedFile Open(const std::string& path);

  SharedFile(SharedFile&& other) noexcept;
  SharedFile& operator=(SharedFile&& other) noexcept;
  ~SharedFile();

  std::string path() const;
  int descriptor() const { return descriptor_; }

  // Gives the pages of a range back to the system; it reads as zeros then.
  void Discard(size_t offset, size_t bytes);

 private:
  explicit SharedFile(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

// A part of a SharedFile in this process's address space; outlives the SharedFile.
class SharedMapping {
 public:
  SharedMapping() = default;

  // `offset` must be a multiple of the page size. Nothing is touched or reserved.
  SharedMapping(const SharedFile& file, size_t offset, size_t bytes);

  SharedMapping(SharedMapping&& other) noexcept;
  SharedMapping& operator=(SharedMapping&& other) noexcept;
  ~SharedMapping();

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace ring

#endif  // RING_RUNTIME_SHARED_MEMORY_H_
