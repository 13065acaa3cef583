// Counts what LibTorch's CPU allocator is asked for while an object of this class lives.
#ifndef TESTS_RING_KERNEL_COUNTING_ALLOCATOR_H_
#define TESTS_RING_KERNEL_COUNTING_ALLOCATOR_H_

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <cstddef>
#include <cstdint>

namespace ring {

class CountingAllocator final : public c10::Allocator {
 public:
  CountingAllocator() : real_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, kPriority); }
  ~CountingAllocator() override { c10::SetCPUAllocator(real_, kPriority); }

  c10::DataPtr allocate(size_t bytes) override {
    bytes_ += static_cast<int64_t>(bytes);
    ++calls_;
    return real_->allocate(bytes);
  }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    real_->copy_data(to, from, bytes);
  }

  int64_t bytes() const { return bytes_; }
  int64_t calls() const { return calls_; }

 private:
  static constexpr uint8_t kPriority = 100;

  c10::Allocator* const real_;
  int64_t bytes_ = 0;
  int64_t calls_ = 0;
};

}  // namespace ring

#endif  // TESTS_RING_KERNEL_COUNTING_ALLOCATOR_H_
