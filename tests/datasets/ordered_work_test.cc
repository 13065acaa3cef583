#include "datasets/ordered_work.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

namespace datasets {
namespace {

TEST(OrderedWorkTest, TakesItemsInOrderWhateverTheNumberOfThreads) {
  for (const int threads : {1, 2, 7}) {
    std::vector<int64_t> taken;
    OrderedWork<int64_t>::Run(
        100, threads,
        [](int64_t i) {
          // Later items of a group are done sooner.
          std::this_thread::sleep_for(std::chrono::microseconds(100 * (7 - i % 7)));
          return i * i;
        },
        [&](int64_t i, int64_t square) {
          EXPECT_EQ(square, i * i);
          taken.push_back(i);
        });
    ASSERT_EQ(taken.size(), 100U);
    for (int64_t i = 0; i < 100; ++i) EXPECT_EQ(taken[static_cast<size_t>(i)], i);
  }
}

TEST(OrderedWorkTest, KeepsFewItemsInFlight) {
  std::atomic<int64_t> made = 0;
  int64_t most_ahead = 0;
  OrderedWork<int>::Run(
      200, 2,
      [&](int64_t) {
        ++made;
        return 0;
      },
      [&](int64_t i, int) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        most_ahead = std::max(most_ahead, made.load() - i);
      });
  EXPECT_LE(most_ahead, 2 * 4 + 1);
}

TEST(OrderedWorkTest, RethrowsTheFirstFailureByNumberAndStops) {
  std::atomic<int> made = 0;
  int taken = 0;
  try {
    OrderedWork<int>::Run(
        100000, 3,
        [&](int64_t i) -> int {
          ++made;
          if (i >= 20) throw std::invalid_argument(std::to_string(i));
          return 0;
        },
        [&](int64_t, int) { ++taken; });
    FAIL() << "nothing was thrown";
  } catch (const std::invalid_argument& failure) {
    EXPECT_STREQ(failure.what(), "20");
  }
  EXPECT_EQ(taken, 20);
  EXPECT_LT(made, 100);
}

TEST(OrderedWorkTest, AFailureOfTheTakerEndsTheThreads) {
  EXPECT_THROW(OrderedWork<int>::Run(
                   1000, 2, [](int64_t) { return 0; },
                   [](int64_t i, int) {
                     if (i == 5) throw std::runtime_error("full");
                   }),
               std::runtime_error);
}

TEST(OrderedWorkTest, NothingToDoIsDone) {
  OrderedWork<int>::Run(
      0, 2, [](int64_t) -> int { throw std::logic_error("called"); }, [](int64_t, int) { FAIL(); });
}

}  // namespace
}  // namespace datasets
