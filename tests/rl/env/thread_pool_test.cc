#include "rl/env/thread_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace rl {
namespace {

using ::testing::Each;
using ::testing::ThrowsMessage;

class ThreadPoolTest : public ::testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, CallsEveryIndexOnceInEachRound) {
  ThreadPool pool(GetParam());
  std::vector<int> calls(37);  // a prime, so that no division into equal shares hides a mistake
  constexpr int kRounds = 2000;
  for (int round = 0; round < kRounds; ++round) {
    pool.ForEach(37, [&](int64_t i) { ++calls[static_cast<size_t>(i)]; });
  }
  EXPECT_THAT(calls, Each(kRounds));
}

TEST_P(ThreadPoolTest, DoesNothingForNoIndices) {
  ThreadPool pool(GetParam());
  pool.ForEach(0, [](int64_t) { FAIL(); });
}

TEST_P(ThreadPoolTest, TheLowestFailureWinsAndTheOthersStillRun) {
  ThreadPool pool(GetParam());
  std::vector<int> calls(100);
  const auto work = [&](int64_t i) {
    ++calls[static_cast<size_t>(i)];
    if (i % 10 == 3) throw std::runtime_error("index " + std::to_string(i));
  };
  EXPECT_THAT([&] { pool.ForEach(100, work); }, ThrowsMessage<std::runtime_error>("index 3"));
  EXPECT_THAT(calls, Each(1));
  pool.ForEach(100, [&](int64_t i) { ++calls[static_cast<size_t>(i)]; });  // and works again
  EXPECT_THAT(calls, Each(2));
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolTest, ::testing::Values(1, 2, 5));

TEST(ThreadPoolSizeTest, RefusesToHaveNoThreads) {
  EXPECT_THROW(ThreadPool(0), std::invalid_argument);
}

}  // namespace
}  // namespace rl
