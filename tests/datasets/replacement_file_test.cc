#include "datasets/replacement_file.h"

#include "tests/datasets/expect_refused.h"
#include "tests/datasets/zip_bytes.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

namespace datasets {
namespace {

using tests::ToBytes;

int64_t CountFiles(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}

TEST(ReplacementFileTest, ReplacesTheTargetOnCommitOnly) {
  const tests::TemporaryFolder folder;
  WriteWholeFile(folder / "a", ToBytes("old"));
  {
    const ReplacementFile abandoned(folder / "a");
    EXPECT_NE(abandoned.temporary(), abandoned.target());
    EXPECT_EQ(CountFiles(folder.path()), 2);
  }
  EXPECT_EQ(ReadWholeFile(folder / "a"), ToBytes("old"));
  WriteWholeFile(folder / "a", ToBytes("new"));
  EXPECT_EQ(ReadWholeFile(folder / "a"), ToBytes("new"));
  EXPECT_EQ(CountFiles(folder.path()), 1);
}

TEST(ReplacementFileTest, IsAsReadableAsOtherFiles) {
  const tests::TemporaryFolder folder;
  WriteWholeFile(folder / "a", ToBytes("x"));
  const auto permissions = std::filesystem::status(folder / "a").permissions();
  EXPECT_NE(permissions & std::filesystem::perms::owner_write, std::filesystem::perms::none);
  EXPECT_EQ(permissions & std::filesystem::perms::owner_exec, std::filesystem::perms::none);
}

TEST(ReplacementFileTest, NamesTheFileThatCannotBe) {
  tests::ExpectRefused<std::runtime_error>([] { WriteWholeFile("/none/such/a", {}); },
                                           {"/none/such/a"});
  tests::ExpectRefused<std::runtime_error>([] { ReadWholeFile("/none/such/a"); }, {"/none/such/a"});
  tests::ExpectRefused<std::runtime_error>([] { ReadWholeFile("/dev/null"); }, {"regular"});
}

}  // namespace
}  // namespace datasets
