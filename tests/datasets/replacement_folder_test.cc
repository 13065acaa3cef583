#include "datasets/replacement_folder.h"

#include "tests/datasets/expect_refused.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace datasets {
namespace {

TEST(ReplacementFolderTest, AppearsOnCommitWithWhatWasPutInIt) {
  const tests::TemporaryFolder folder;
  const std::filesystem::path target = folder / "a/b/c/";
  ReplacementFolder out(target);
  std::ofstream(out.temporary() / "file") << "x";
  EXPECT_FALSE(std::filesystem::exists(target));
  out.Commit();
  EXPECT_TRUE(std::filesystem::exists(target / "file"));
}

TEST(ReplacementFolderTest, LeavesNothingWithoutCommit) {
  const tests::TemporaryFolder folder;
  {
    const ReplacementFolder out(folder / "a");
    std::ofstream(out.temporary() / "file") << "x";
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(ReplacementFolderTest, NeverMixesWithAFolderThatExists) {
  const tests::TemporaryFolder folder;
  tests::ExpectRefused([&] { ReplacementFolder out(folder.path()); },
                       {folder.path().string(), "exists already"});
}

}  // namespace
}  // namespace datasets
