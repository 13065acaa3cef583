#include "rl/env/thread_pool.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace rl {
namespace {

constexpr int kSpins = 2000;  // about 10 us before a thread goes to sleep

// Returns when `value` is no longer `old`.
void WaitForChange(const std::atomic<uint32_t>& value, uint32_t old) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (value.load(std::memory_order_acquire) != old) return;
    __builtin_ia32_pause();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(int num_threads) {
  if (num_threads < 1) {
    throw std::invalid_argument("the number of threads must be 1 or more, not " +
                                std::to_string(num_threads));
  }
  for (int i = 1; i < num_threads; ++i) workers_.emplace_back([this] { WorkerLoop(); });
}

ThreadPool::~ThreadPool() {
  stopping_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::Run(int64_t count, Call call, void* callable) {
  call_ = call;
  callable_ = callable;
  count_ = count;
  next_.store(0, std::memory_order_relaxed);
  busy_.store(static_cast<uint32_t>(workers_.size()), std::memory_order_relaxed);
  if (!workers_.empty()) {
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
  }
  Work();
  for (uint32_t busy; (busy = busy_.load(std::memory_order_acquire)) != 0;) {
    WaitForChange(busy_, busy);
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::Work() {
  for (int64_t i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < count_;) {
    try {
      call_(callable_, i);
    } catch (...) {
      const std::lock_guard lock(failure_mutex_);
      if (!failure_ || i < failure_index_) {
        failure_ = std::current_exception();
        failure_index_ = i;
      }
    }
  }
}

void ThreadPool::WorkerLoop() {
  for (uint32_t seen = 0;;) {
    WaitForChange(round_, seen);
    if (stopping_.load(std::memory_order_relaxed)) return;
    // Rounds cannot be missed: the next one starts only after every worker left this one.
    ++seen;
    Work();
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
  }
}

}  // namespace rl
