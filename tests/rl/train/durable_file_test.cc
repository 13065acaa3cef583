#include "rl/train/durable_file.h"

#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace rl {
namespace {

namespace fs = std::filesystem;

std::string Content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int64_t CountEntries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

TEST(DurableFileTest, ReplacesAFileAndLeavesNothingBeside) {
  const tests::TemporaryFolder folder;
  WriteFileDurably(folder / "a", "old");
  WriteFileDurably(folder / "a", "new");
  EXPECT_EQ(Content(folder / "a"), "new");
  EXPECT_EQ(CountEntries(folder.path()), 1);
}

TEST(DurableFileTest, AFailureLeavesTheTargetAloneAndNamesIt) {
  const tests::TemporaryFolder folder;
  fs::create_directories(folder / "taken" / "inside");
  try {
    WriteFileDurably(folder / "taken", "bytes");
    FAIL() << "a file replaced a folder that is not empty";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find((folder / "taken").string()), std::string::npos);
  }
  EXPECT_TRUE(fs::exists(folder / "taken" / "inside"));
  EXPECT_EQ(CountEntries(folder.path()), 1);
}

TEST(DurableFileTest, ReplacesALinkInOneStep) {
  const tests::TemporaryFolder folder;
  ReplaceSymlink(folder / "last", "1");
  ReplaceSymlink(folder / "last", "2");
  EXPECT_EQ(fs::read_symlink(folder / "last"), "2");
  EXPECT_EQ(CountEntries(folder.path()), 1);
}

}  // namespace
}  // namespace rl
