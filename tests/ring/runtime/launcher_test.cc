#include "ring/runtime/launcher.h"

#include "tests/support/temporary_folder.h"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace ring {
namespace {

using Clock = std::chrono::steady_clock;
using ::testing::HasSubstr;

LaunchOptions Shell(int num_ranks, const std::string& script) {
  return {.program = "sh", .arguments = {"-c", script}, .num_ranks = num_ranks};
}

struct Launched {
  int status;
  std::string out;
  std::chrono::duration<double> took;
};

Launched RunAll(const LaunchOptions& options) {
  ::testing::internal::CaptureStdout();
  const auto begin = Clock::now();
  const int status = Launch(options);
  const auto took = Clock::now() - begin;
  return {status, ::testing::internal::GetCapturedStdout(), took};
}

TEST(LauncherTest, EveryRankKnowsItsPlaceAndItsOutputSaysWhose) {
  const Launched launched = RunAll(
      Shell(3, "echo $RANK of $WORLD_SIZE, $LOCAL_RANK of $LOCAL_WORLD_SIZE at $MASTER_ADDR"));
  EXPECT_EQ(launched.status, 0);
  EXPECT_THAT(launched.out, HasSubstr("[0] 0 of 3, 0 of 3 at 127.0.0.1\n"));
  EXPECT_THAT(launched.out, HasSubstr("[2] 2 of 3, 2 of 3 at 127.0.0.1\n"));
}

TEST(LauncherTest, WithoutPrefixesOnlyRankZeroPrints) {
  LaunchOptions options = Shell(2, "echo I am $RANK");
  options.prefix_output = false;
  EXPECT_EQ(RunAll(options).out, "I am 0\n");
}

TEST(LauncherTest, AddedVariablesReachEveryRank) {
  LaunchOptions options = Shell(2, "test \"$COLOR\" = blue");
  options.environment = {{"COLOR", "blue"}};
  EXPECT_EQ(RunAll(options).status, 0);
}

TEST(LauncherTest, TheFirstFailureStopsTheOthersAndIsTheStatus) {
  const Launched launched = RunAll(Shell(3, "[ $RANK = 1 ] && exit 7; sleep 100"));
  EXPECT_EQ(launched.status, 7);
  EXPECT_LT(launched.took.count(), 20);
}

TEST(LauncherTest, ARankThatIsKilledIsAFailure) {
  EXPECT_EQ(RunAll(Shell(2, "[ $RANK = 1 ] && kill -9 $$; sleep 100")).status, 137);
}

TEST(LauncherTest, WhoIgnoresTheStopIsKilledAfterTheGrace) {
  LaunchOptions options =
      Shell(2, "trap '' TERM; [ $RANK = 1 ] && exit 7; while :; do sleep 0.1; done");
  options.grace = std::chrono::milliseconds(300);
  const Launched launched = RunAll(options);
  EXPECT_EQ(launched.status, 7);
  EXPECT_LT(launched.took.count(), 20);
}

TEST(LauncherTest, SignalsGoToAllRanksWhoTakeTheTimeTheyNeed) {
  // Rank 1 interrupts the launcher once rank 0 is ready, and ends at once when the signal comes
  // back; that must not cut short what rank 0 does.
  const tests::TemporaryFolder folder;
  LaunchOptions options = Shell(2,
                                "trap '[ $RANK = 0 ] && sleep 1 && echo saved; exit 130' INT\n"
                                "if [ $RANK = 0 ]; then touch $READY; else\n"
                                "  while [ ! -e $READY ]; do sleep 0.05; done; kill -INT $PPID\n"
                                "fi\n"
                                "while :; do sleep 0.05; done");
  options.environment = {{"READY", folder / "ready"}};
  options.grace = std::chrono::milliseconds(100);
  const Launched launched = RunAll(options);
  EXPECT_EQ(launched.status, 130);
  EXPECT_THAT(launched.out, HasSubstr("[0] saved\n"));
}

TEST(LauncherTest, LongAndUnfinishedLinesComeWhole) {
  const Launched launched =
      RunAll(Shell(1, "i=0; while [ $i -lt 3000 ]; do printf 0123456789; i=$((i+1)); done"));
  EXPECT_EQ(launched.out.size(), 30'000 + std::string("[0] \n").size());
}

TEST(LauncherTest, RefusesWhatCannotBe) {
  EXPECT_THROW(Launch({.program = "sh", .arguments = {}, .num_ranks = 0}), c10::ValueError);
  EXPECT_THROW(Launch({.program = "/no/such/program", .arguments = {}}), c10::ValueError);
}

}  // namespace
}  // namespace ring
