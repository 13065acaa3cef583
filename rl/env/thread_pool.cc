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

size_t CheckedThreads(int num_threads) {
  if (num_threads < 1) {
    throw std::invalid_argument("the number of threads must be 1 or more, not " +
                                std::to_string(num_threads));
  }
  return static_cast<size_t>(num_threads);
}

}  // namespace

ThreadPool::ThreadPool(int num_threads) : shares_(CheckedThreads(num_threads)) {
  for (size_t i = 1; i < shares_.size(); ++i) workers_.emplace_back([this, i] { WorkerLoop(i); });
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
  const auto num_shares = static_cast<int64_t>(shares_.size());
  for (int64_t i = 0; i < num_shares; ++i) {
    Share& share = shares_[static_cast<size_t>(i)];
    share.next.store(i * count / num_shares, std::memory_order_relaxed);
    share.end = (i + 1) * count / num_shares;
  }
  busy_.store(static_cast<uint32_t>(workers_.size()), std::memory_order_relaxed);
  if (!workers_.empty()) {
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
  }
  Work(/*self=*/0);
  for (uint32_t busy; (busy = busy_.load(std::memory_order_acquire)) != 0;) {
    WaitForChange(busy_, busy);
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::Work(size_t self) {
  for (size_t turn = 0; turn < shares_.size(); ++turn) {
    Share& share = shares_[(self + turn) % shares_.size()];
    for (int64_t i; (i = share.next.fetch_add(1, std::memory_order_relaxed)) < share.end;) {
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
}

void ThreadPool::WorkerLoop(size_t self) {
  for (uint32_t seen = 0;;) {
    WaitForChange(round_, seen);
    if (stopping_.load(std::memory_order_relaxed)) return;
    // Rounds cannot be missed: the next one starts only after every worker left this one.
    ++seen;
    Work(self);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
  }
}

}  // namespace rl
