#include "datasets/replacement_file.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace datasets {
namespace {

[[noreturn]] void Fail(const std::string& what, const std::filesystem::path& path) {
  throw std::runtime_error("cannot " + what + " " + path.string() + ": " + std::strerror(errno));
}

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, const char* what)
      : fd_(open(path.c_str(), flags | O_CLOEXEC)) {
    if (fd_ < 0) Fail(what, path);
  }
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::filesystem::path FolderOf(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

void Sync(const std::filesystem::path& path, int flags) {
  const Descriptor file(path, flags, "open");
  if (fsync(file.get()) != 0) Fail("write", path);
}

}  // namespace

ReplacementFile::ReplacementFile(std::filesystem::path target) : target_(std::move(target)) {
  std::string name = target_.string() + ".XXXXXX.partial";
  const int fd = mkostemps(name.data(), /*suffixlen=*/8, O_CLOEXEC);
  if (fd < 0) Fail("create a file beside", target_);
  temporary_ = name;
  // mkostemps makes files private; a dataset is as readable as any other file.
  const mode_t mask = umask(0);
  umask(mask);
  fchmod(fd, 0666 & ~mask);
  close(fd);
}

ReplacementFile::ReplacementFile(ReplacementFile&& other) noexcept
    : target_(std::move(other.target_)), temporary_(std::exchange(other.temporary_, {})) {}

ReplacementFile::~ReplacementFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void ReplacementFile::Commit() {
  Sync(temporary_, O_RDWR);
  if (rename(temporary_.c_str(), target_.c_str()) != 0) Fail("rename a file to", target_);
  temporary_.clear();
  Sync(FolderOf(target_), O_RDONLY | O_DIRECTORY);
}

void WriteWholeFile(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  ReplacementFile file(path);
  {
    const Descriptor out(file.temporary(), O_WRONLY, "open");
    while (!bytes.empty()) {
      const ssize_t written = write(out.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) Fail("write", path);
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
  }
  file.Commit();
}

std::vector<std::byte> ReadWholeFile(const std::filesystem::path& path) {
  const Descriptor in(path, O_RDONLY, "open");
  struct stat status {};
  if (fstat(in.get(), &status) != 0) Fail("read", path);
  if (!S_ISREG(status.st_mode)) {
    throw std::runtime_error("cannot read " + path.string() + ": it is not a regular file");
  }
  std::vector<std::byte> bytes(static_cast<size_t>(status.st_size));
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = read(in.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) Fail("read", path);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace datasets
