#include "ring/runtime/futex.h"

#include <gtest/gtest.h>

#include <thread>

namespace ring {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

TEST(FutexTest, ARaiseWakesTheSleeper) {
  WatchedCounter counter = {};
  std::jthread raiser([&] {
    std::this_thread::sleep_for(milliseconds(50));
    counter.Raise();
  });
  const auto begin = Clock::now();
  while (counter.count == 0) counter.SleepWhile(0, std::chrono::seconds(20));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(counter.sleepers.load(), 0u);
}

TEST(FutexTest, SleepEndsByItself) {
  WatchedCounter counter = {};
  const auto begin = Clock::now();
  counter.SleepWhile(0, milliseconds(30));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
}

TEST(FutexTest, ACountThatHasChangedIsNotSleptOn) {
  WatchedCounter counter = {};
  counter.Raise();
  const auto begin = Clock::now();
  counter.SleepWhile(0, std::chrono::seconds(20));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
}

// A raise between the look and the sleep must not be lost: two threads in strict alternation
// would stand still for the whole of `at_most`.
TEST(FutexTest, NoRaiseIsLost) {
  WatchedCounter ping = {}, pong = {};
  constexpr uint32_t kRounds = 2000;
  const auto begin = Clock::now();
  std::jthread other([&] {
    for (uint32_t i = 0; i < kRounds; ++i) {
      while (ping.count == i) ping.SleepWhile(i, std::chrono::seconds(30));
      pong.Raise();
    }
  });
  for (uint32_t i = 0; i < kRounds; ++i) {
    ping.Raise();
    while (pong.count == i) pong.SleepWhile(i, std::chrono::seconds(30));
  }
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(20));
}

}  // namespace
}  // namespace ring
