#include "ring/runtime/shared_memory.h"

#include <c10/util/Exception.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace ring {

SharedFile SharedFile::Create(const std::string& name, size_t bytes) {
  SharedFile file(memfd_create(name.c_str(), MFD_CLOEXEC));
  TORCH_CHECK(file.descriptor_ >= 0, "cannot make shared memory: ", std::strerror(errno));
  TORCH_CHECK(ftruncate(file.descriptor_, static_cast<off_t>(bytes)) == 0,
              "cannot make shared memory of ", bytes, " bytes: ", std::strerror(errno));
  return file;
}

SharedFile SharedFile::Open(const std::string& path) {
  SharedFile file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  TORCH_CHECK(file.descriptor_ >= 0, "cannot open shared memory ", path, ": ",
              std::strerror(errno));
  return file;
}

SharedFile::SharedFile(SharedFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

SharedFile& SharedFile::operator=(SharedFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

SharedFile::~SharedFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string SharedFile::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor_);
}

void SharedFile::Discard(size_t offset, size_t bytes) {
  // Only a kindness to the system: a refusal costs memory, not correctness.
  (void)fallocate(descriptor_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  static_cast<off_t>(offset), static_cast<off_t>(bytes));
}

SharedMapping::SharedMapping(const SharedFile& file, size_t offset, size_t bytes) : size_(bytes) {
  void* const address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                             file.descriptor(), static_cast<off_t>(offset));
  TORCH_CHECK(address != MAP_FAILED, "cannot map ", bytes,
              " bytes of shared memory: ", std::strerror(errno));
  data_ = static_cast<std::byte*>(address);
}

SharedMapping::SharedMapping(SharedMapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SharedMapping& SharedMapping::operator=(SharedMapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

SharedMapping::~SharedMapping() {
  if (data_ != nullptr) munmap(data_, size_);
}

}  // namespace ring
