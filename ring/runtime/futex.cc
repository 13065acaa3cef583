#include "ring/runtime/futex.h"

#include <climits>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ring {
namespace {

constexpr int kSpins = 1000;

static_assert(std::atomic<uint32_t>::is_always_lock_free && sizeof(std::atomic<uint32_t>) == 4,
              "the kernel looks at the bare word");

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

void WatchedCounter::Raise() {
  count.fetch_add(1);
  if (sleepers.load() > 0) syscall(SYS_futex, &count, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void WatchedCounter::SleepWhile(uint32_t seen, std::chrono::milliseconds at_most) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (count.load(std::memory_order_acquire) != seen) return;
    Pause();
  }
  const std::timespec duration = {.tv_sec = at_most.count() / 1000,
                                  .tv_nsec = at_most.count() % 1000 * 1'000'000};
  // Either Raise() sees this sleeper, or the kernel sees the count that Raise() has changed.
  sleepers.fetch_add(1);
  syscall(SYS_futex, &count, FUTEX_WAIT, seen, &duration, nullptr, 0);
  sleepers.fetch_sub(1);
}

}  // namespace ring
