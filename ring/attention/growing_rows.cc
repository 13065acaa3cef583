#include "ring/attention/growing_rows.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace ring {
namespace {

// Less than this in a row is never given back.
constexpr int64_t kKeptBytes = int64_t{1} << 20;

int64_t PageBytes() {
  static const int64_t kBytes = sysconf(_SC_PAGESIZE);
  return kBytes;
}

int64_t WholePages(int64_t bytes) { return (bytes + PageBytes() - 1) / PageBytes() * PageBytes(); }

// Null when the system refuses.
std::byte* Map(int64_t num_rows, int64_t row_bytes) {
  int64_t bytes = 0;
  if (__builtin_mul_overflow(num_rows, row_bytes, &bytes)) return nullptr;
  void* const memory = mmap(nullptr, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, /*fd=*/-1, /*offset=*/0);
  if (memory == MAP_FAILED) return nullptr;
  // A huge page at the end of every row would hold more than a short context does.
  madvise(memory, static_cast<size_t>(bytes), MADV_NOHUGEPAGE);
  return static_cast<std::byte*>(memory);
}

}  // namespace

GrowingRows& GrowingRows::operator=(GrowingRows&& other) noexcept {
  std::swap(num_rows_, other.num_rows_);
  std::swap(token_bytes_, other.token_bytes_);
  std::swap(memory_, other.memory_);
  std::swap(row_bytes_, other.row_bytes_);
  std::swap(touched_tokens_, other.touched_tokens_);
  return *this;
}

void GrowingRows::Reserve(int64_t num_tokens) {
  const int64_t needed = WholePages(num_tokens * token_bytes_);
  if (needed > row_bytes_) {
    int64_t row_bytes = std::max(needed, 2 * row_bytes_);
    std::byte* memory = Map(num_rows_, row_bytes);
    if (memory == nullptr) memory = Map(num_rows_, row_bytes = needed);
    TORCH_CHECK_VALUE(memory != nullptr, "a cache of ", num_tokens, " tokens takes ",
                      static_cast<double>(num_rows_) * static_cast<double>(needed),
                      " bytes, which this system refuses; use fewer chains or a shorter context");
    MoveTo(memory, row_bytes);
  }
  touched_tokens_ = std::max(touched_tokens_, num_tokens);
}

void GrowingRows::Truncate(int64_t num_tokens) {
  const int64_t left = WholePages(num_tokens * token_bytes_);
  const int64_t touched = WholePages(touched_tokens_ * token_bytes_);
  if (touched - left <= std::max(left, kKeptBytes)) return;
  for (int64_t i = 0; i < num_rows_; ++i) {
    madvise(row(i) + left, static_cast<size_t>(touched - left), MADV_DONTNEED);
  }
  touched_tokens_ = num_tokens;
}

int64_t GrowingRows::touched_bytes() const {
  return num_rows_ * WholePages(touched_tokens_ * token_bytes_);
}

// A system that will not move pages (it may have too many ranges to keep track of) has them copied.
// Addresses that pages have left may be another thread's the moment after: only what is still
// mapped here is unmapped.
void GrowingRows::MoveTo(std::byte* memory, int64_t row_bytes) {
  const auto touched = static_cast<size_t>(WholePages(touched_tokens_ * token_bytes_));
  for (int64_t i = 0; i < num_rows_ && memory_ != nullptr; ++i) {
    std::byte* const moved = memory + i * row_bytes;
    std::byte* left = row(i);
    if (touched > 0) {
      if (mremap(left, touched, touched, MREMAP_MAYMOVE | MREMAP_FIXED, moved) != MAP_FAILED) {
        left += touched;
      } else {
        std::memcpy(moved, left, touched);
      }
    }
    const auto left_bytes = static_cast<size_t>(row(i + 1) - left);
    if (left_bytes > 0) munmap(left, left_bytes);
  }
  memory_ = memory;
  row_bytes_ = row_bytes;
}

void GrowingRows::Unmap() {
  if (memory_ != nullptr) munmap(memory_, static_cast<size_t>(num_rows_ * row_bytes_));
}

}  // namespace ring
