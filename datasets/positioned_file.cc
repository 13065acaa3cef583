#include "datasets/positioned_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

namespace datasets {

PositionedFile::PositionedFile(const std::filesystem::path& path)
    : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (fd_ < 0) {
    throw std::runtime_error("cannot read " + path.string() + ": " + std::strerror(errno));
  }
}

PositionedFile::~PositionedFile() { close(fd_); }

bool PositionedFile::Read(uint64_t offset, std::span<std::byte> first,
                          std::span<std::byte> second) const {
  if (offset > INT64_MAX - first.size() - second.size()) return false;
  while (!first.empty() || !second.empty()) {
    const std::array<iovec, 2> parts{iovec{first.data(), first.size()},
                                     iovec{second.data(), second.size()}};
    const ssize_t result = preadv(fd_, parts.data(), parts.size(), static_cast<off_t>(offset));
    if (result < 0 && errno == EINTR) continue;
    if (result <= 0) return false;
    const auto got = static_cast<size_t>(result);
    const size_t of_first = std::min(got, first.size());
    first = first.subspan(of_first);
    second = second.subspan(got - of_first);
    offset += got;
  }
  return true;
}

}  // namespace datasets
