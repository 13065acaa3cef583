#include "ring/runtime/line_prefixer.h"

#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace ring {
namespace {

// A line without an end is cut here.
constexpr size_t kLongestLine = 64 << 10;

}  // namespace

void LinePrefixer::PassOn(int in_fd) {
  if (in_fd < 0) at_end_ = true;
  char buffer[16 << 10];
  while (!at_end_) {
    pollfd readable = {in_fd, POLLIN, 0};
    if (poll(&readable, 1, /*timeout=*/0) <= 0) return;
    const ssize_t count = read(in_fd, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      at_end_ = true;
    } else {
      Take({buffer, static_cast<size_t>(count)});
    }
  }
}

void LinePrefixer::Take(std::string_view text) {
  unfinished_ += text;
  size_t begin = 0;
  for (size_t end; (end = unfinished_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    Write(std::string_view(unfinished_).substr(begin, end - begin));
  }
  unfinished_.erase(0, begin);
  if (unfinished_.size() > kLongestLine) Finish();
}

void LinePrefixer::Finish() {
  if (!unfinished_.empty()) Write(unfinished_);
  unfinished_.clear();
}

void LinePrefixer::Write(std::string_view line) {
  std::string whole = prefix_ + std::string(line) + "\n";
  for (size_t done = 0; done < whole.size();) {
    const ssize_t count = write(out_fd_, whole.data() + done, whole.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // nobody listens
    done += static_cast<size_t>(count);
  }
}

}  // namespace ring
