#include "datasets/positioned_file.h"

#include "datasets/replacement_file.h"
#include "tests/datasets/expect_refused.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace datasets {
namespace {

TEST(PositionedFileTest, FillsTwoBuffersFromOnePlace) {
  const tests::TemporaryFolder folder;
  const std::array<std::byte, 5> bytes{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                       std::byte{5}};
  WriteWholeFile(folder / "a", bytes);
  const PositionedFile file(folder / "a");
  std::array<std::byte, 2> first{};
  std::array<std::byte, 1> second{};
  ASSERT_TRUE(file.Read(1, first, second));
  EXPECT_EQ(first, (std::array{std::byte{2}, std::byte{3}}));
  EXPECT_EQ(second, (std::array{std::byte{4}}));
  EXPECT_TRUE(file.Read(5, {}));
}

TEST(PositionedFileTest, SaysWhenTheFileEndsBeforeTheBuffersDo) {
  const tests::TemporaryFolder folder;
  WriteWholeFile(folder / "a", std::array{std::byte{1}, std::byte{2}, std::byte{3}});
  const PositionedFile file(folder / "a");
  std::array<std::byte, 2> two{};
  std::array<std::byte, 2> more{};
  EXPECT_FALSE(file.Read(2, two));
  EXPECT_FALSE(file.Read(0, two, more));
  EXPECT_FALSE(file.Read(uint64_t{1} << 40, two));
  EXPECT_FALSE(file.Read(std::numeric_limits<uint64_t>::max(), two));
}

TEST(PositionedFileTest, NamesTheFileItCannotOpen) {
  tests::ExpectRefused<std::runtime_error>([] { PositionedFile("no/such/file"); },
                                           {"no/such/file"});
}

}  // namespace
}  // namespace datasets
