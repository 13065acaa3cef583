// One allocation, cut into the arrays a pass works in.
//
// The same function that takes a pass's arrays also counts them: over a workspace without memory,
// Take() returns null and only the size grows.
#ifndef RING_KERNEL_WORKSPACE_H_
#define RING_KERNEL_WORKSPACE_H_

#include <cstdint>

namespace ring {

class Workspace {
 public:
  static constexpr int64_t kAlignment = 64;

  Workspace() = default;                                 // counts only
  explicit Workspace(void* memory) : memory_(memory) {}  // REQUIRES: aligned to kAlignment

  // An uninitialised array; its size is rounded up to the alignment.
  template <typename T>
  T* Take(int64_t count) {
    char* const begin = static_cast<char*>(memory_);
    T* const array = begin == nullptr ? nullptr : reinterpret_cast<T*>(begin + bytes_);
    const int64_t bytes = count * static_cast<int64_t>(sizeof(T));
    bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    return array;
  }

  int64_t bytes() const { return bytes_; }

 private:
  void* memory_ = nullptr;
  int64_t bytes_ = 0;
};

}  // namespace ring

#endif  // RING_KERNEL_WORKSPACE_H_
