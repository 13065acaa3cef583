#include "rl/train/durable_file.h"

#include <cerrno>
#include <cstring>
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

void WriteAll(const FileDescriptor& file, std::string_view bytes,
              const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) ThrowSystemError("write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
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
  std::filesystem::path partial = path;
  partial += ".partial";
  try {
    const FileDescriptor file(
        open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) ThrowSystemError("create", partial);
    WriteAll(file, bytes, partial);
    if (fsync(file.get()) != 0) ThrowSystemError("sync", partial);
    if (rename(partial.c_str(), path.c_str()) != 0) ThrowSystemError("replace", path);
  } catch (...) {
    unlink(partial.c_str());
    throw;
  }
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
