#include "experiments/signals.h"

#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>

namespace experiments {
namespace {

TEST(StopSignalTest, WaitsToBeAsked) {
  const StopSignal stop;
  EXPECT_FALSE(stop.requested());
  EXPECT_EQ(stop.exit_status(), 0);
}

TEST(StopSignalTest, NotesTheFirstSignal) {
  {
    const StopSignal stop;
    std::raise(SIGTERM);
    EXPECT_TRUE(stop.requested());
    EXPECT_EQ(stop.exit_status(), 143);
  }
  const StopSignal stop;  // a new one starts afresh
  EXPECT_FALSE(stop.requested());
  std::raise(SIGINT);
  EXPECT_EQ(stop.exit_status(), 130);
}

TEST(StopSignalTest, EndsTheProcessOnTheSecondSignal) {
  EXPECT_EXIT(
      {
        const StopSignal stop;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

TEST(StopSignalTest, IsAlone) {
  const StopSignal stop;
  EXPECT_THROW(StopSignal(), std::logic_error);
}

}  // namespace
}  // namespace experiments
