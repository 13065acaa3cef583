#include "rl/train/run_folder.h"

#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace rl {
namespace {

const RunName kName{.task = "walker_walk", .algorithm = "at", .stem = "s7_20260131-120000"};

TEST(RunFolderTest, LiesBelowTaskAndAlgorithm) {
  const tests::TemporaryFolder runs;
  const RunFolder run = RunFolder::Create(runs.path(), kName);
  EXPECT_EQ(run.path(), runs.path() / "walker_walk" / "at" / "s7_20260131-120000");
}

TEST(RunFolderTest, NeverUsesAFolderTwice) {
  const tests::TemporaryFolder runs;
  const RunFolder first = RunFolder::Create(runs.path(), kName);
  const RunFolder second = RunFolder::Create(runs.path(), kName);
  EXPECT_EQ(second.path().filename(), "s7_20260131-120000_2");
}

TEST(RunFolderTest, OpensAgainWhenItsOwnerIsGone) {
  const tests::TemporaryFolder runs;
  std::filesystem::path path;
  {
    const RunFolder run = RunFolder::Create(runs.path(), kName);
    run.WriteFile("config.cfg", "seed = 7\n");
    path = run.path();
    EXPECT_THROW(RunFolder::Open(path), std::invalid_argument);  // in use
  }
  EXPECT_EQ(RunFolder::Open(path).ReadFile("config.cfg"), "seed = 7\n");
}

TEST(RunFolderTest, IsMadeWhereItIsAskedForUnlessARunWasBegunThere) {
  const tests::TemporaryFolder runs;
  for (int call = 0; call < 2; ++call) {  // the second finds what a killed process left
    const RunFolder run = RunFolder::CreateAt(runs / "sweep" / "s7");
    EXPECT_EQ(run.path(), runs.path() / "sweep" / "s7");
    EXPECT_THROW(RunFolder::CreateAt(run.path()), std::invalid_argument);  // in use
    if (call == 1) run.WriteFile("config.cfg", "seed = 7\n");
  }
  EXPECT_THROW(RunFolder::CreateAt(runs / "sweep" / "s7"), std::invalid_argument);
}

TEST(RunFolderTest, RefusesAFolderThatIsNoRun) {
  const tests::TemporaryFolder runs;
  EXPECT_THROW(RunFolder::Open(runs.path()), std::invalid_argument);
  EXPECT_THROW(RunFolder::Open(runs / "nowhere"), std::invalid_argument);
}

}  // namespace
}  // namespace rl
