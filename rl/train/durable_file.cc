#include "rl/train/durable_file.h"

#include "datasets/replacement_file.h"

#include <cerrno>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace rl {
namespace {

[[noreturn]] void ThrowSystemError(const std::string& what, const std::filesystem::path& path) {
  const int error = errno;
  throw std::runtime_error("cannot " + what + " " + path.string() + ": " + std::strerror(error));
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    Close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

void FileDescriptor::Close() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

void SyncPath(const std::filesystem::path& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 || fsync(file.get()) != 0) ThrowSystemError("sync", path);
}

void WriteFileDurably(const std::filesystem::path& path, std::string_view bytes) {
  datasets::WriteWholeFile(path, std::as_bytes(std::span(bytes)));
}

void ReplaceSymlink(const std::filesystem::path& link, const std::filesystem::path& target) {
  // A link cannot be changed in place; renaming a new one over it can.
  std::filesystem::path partial = link;
  partial += ".partial";
  unlink(partial.c_str());
  if (symlink(target.c_str(), partial.c_str()) != 0) ThrowSystemError("link", partial);
  if (rename(partial.c_str(), link.c_str()) != 0) {
    const int error = errno;
    unlink(partial.c_str());
    errno = error;
    ThrowSystemError("replace", link);
  }
}

}  // namespace rl
