// Sleeping on a word of shared memory until another process changes it.
#ifndef RING_RUNTIME_FUTEX_H_
#define RING_RUNTIME_FUTEX_H_

#include <atomic>
#include <chrono>
#include <cstdint>

namespace ring {

// A counter that one side raises and the other waits for. Zero when new; lies in shared memory.
struct WatchedCounter {
  std::atomic<uint32_t> count;
  std::atomic<uint32_t> sleepers;

  // Raises the count and wakes who sleeps. What was written before is seen by who sees the count.
  void Raise();

  // Returns when the count is not `seen` any more, after `at_most`, or for no reason. Spins for a
  // few microseconds first: between ranks in step the wait is often that short.
  void SleepWhile(uint32_t seen, std::chrono::milliseconds at_most);
};

}  // namespace ring

#endif  // RING_RUNTIME_FUTEX_H_
