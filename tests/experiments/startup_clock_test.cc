#include "experiments/startup_clock.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <thread>

namespace experiments {
namespace {

void Sleep(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

TEST(StartupClockTest, TheProcessIsAsOldAsItsTimeRuns) {
  const double before = SecondsSinceProcessStart();
  Sleep(20);
  // Counted from a tick of the system, 10 ms: never before the start.
  EXPECT_GE(before, 0);
  EXPECT_GE(SecondsSinceProcessStart(), before + 0.02);
}

TEST(StartupClockTest, PhasesAddUpToTheWhole) {
  StartupClock clock;
  Sleep(5);
  clock.End("data");
  Sleep(15);
  clock.End("first_update");
  const nlohmann::json seconds = clock.Seconds();
  ASSERT_EQ(seconds.size(), 4u);
  EXPECT_GE(seconds["data"].get<double>(), 0.005);
  EXPECT_GE(seconds["first_update"].get<double>(), 0.015);
  const double sum = seconds["libraries"].get<double>() + seconds["data"].get<double>() +
                     seconds["first_update"].get<double>();
  EXPECT_NEAR(sum, seconds["total"].get<double>(), 1e-9);
}

}  // namespace
}  // namespace experiments
