#include "datasets/npz.h"

#include "tests/datasets/expect_refused.h"
#include "tests/datasets/zip_bytes.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <numeric>
#include <thread>

namespace datasets {
namespace {

using tests::Bytes;
using tests::ExpectRefused;
using tests::ToBytes;
using tests::ZipBytes;
using tests::ZipStyle;

NpyArray Counting(int64_t rows, int64_t columns) {
  std::vector<float> values(static_cast<size_t>(rows * columns));
  std::iota(values.begin(), values.end(), 0.0F);
  return NpyArray::Of<float>(values, {rows, columns});
}

Bytes TinyNpz(ZipStyle style, bool deflate) {
  ZipBytes zip(style);
  zip.Add("observation.npy", FormatNpy(Counting(3, 4)), deflate);
  zip.Add("reward.npy", FormatNpy(Counting(3, 1)), deflate);
  return zip.Finish();
}

void WriteFile(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

TEST(NpzArchiveTest, ReadsOldAndForceZip64ArchivesStoredAndDeflated) {
  for (const ZipStyle style : {ZipStyle::kOld, ZipStyle::kForceZip64}) {
    for (const bool deflate : {false, true}) {
      const auto npz = NpzArchive::FromBytes(TinyNpz(style, deflate), "tiny.npz");
      EXPECT_THAT(npz.keys(), ::testing::ElementsAre("observation", "reward"));
      EXPECT_EQ(npz.Read("observation", ElementType::kFloat32, 2), Counting(3, 4));
      EXPECT_EQ(npz.Read("reward"), Counting(3, 1));
    }
  }
}

TEST(NpzArchiveTest, ReadsAnArchiveWithinAnArchive) {
  ZipBytes outer;
  outer.Add("buffer/episode_000000_2.npz", TinyNpz(ZipStyle::kForceZip64, true), /*deflate=*/false);
  const auto zip = ZipArchive::FromBytes(outer.Finish(), "proto.zip");
  const auto npz = NpzArchive::FromBytes(zip.Read(0), "proto.zip: " + zip.members()[0].name);
  EXPECT_EQ(npz.Read("observation"), Counting(3, 4));
  EXPECT_EQ(npz.name(), "proto.zip: buffer/episode_000000_2.npz");
}

TEST(NpzArchiveTest, NamesTheKeysThereAreWhenOneIsMissing) {
  const auto npz = NpzArchive::FromBytes(TinyNpz(ZipStyle::kOld, true), "tiny.npz");
  ExpectRefused([&] { npz.Read("physics"); }, {"tiny.npz", "'physics'", "observation, reward"});
}

TEST(NpzArchiveTest, NamesTypeAndShapeWhenTheyAreWrong) {
  const auto npz = NpzArchive::FromBytes(TinyNpz(ZipStyle::kOld, true), "tiny.npz");
  ExpectRefused([&] { npz.Read("reward", ElementType::kFloat64, 2); },
                {"tiny.npz: reward", "<f4", "(3, 1)", "<f8 with 2 dimensions"});
  ExpectRefused([&] { npz.Read("reward", ElementType::kFloat32, 1); }, {"1 dimension"});
}

// A flip may hit a field that means nothing here (a time of day), so an array may also come out;
// then it is the one that went in.
TEST(NpzArchiveTest, SurvivesEveryFlippedByteAndEveryTruncation) {
  for (const ZipStyle style : {ZipStyle::kOld, ZipStyle::kForceZip64}) {
    const Bytes whole = TinyNpz(style, /*deflate=*/true);
    int refused = 0;
    const auto read = [&](const Bytes& bytes) {
      try {
        const auto npz = NpzArchive::FromBytes(bytes, "tiny.npz");
        EXPECT_EQ(npz.Read("observation"), Counting(3, 4));
        EXPECT_EQ(npz.Read("reward"), Counting(3, 1));
      } catch (const std::invalid_argument& refusal) {
        EXPECT_THAT(refusal.what(), ::testing::StartsWith("tiny.npz"));
        ++refused;
      }
    };
    for (size_t at = 0; at < whole.size(); ++at) {
      for (const int mask : {0x01, 0x80, 0xff}) {
        Bytes bytes = whole;
        bytes[at] ^= static_cast<std::byte>(mask);
        read(bytes);
      }
      read(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(at)));
    }
    // All truncations and most flips.
    EXPECT_GT(refused, static_cast<int>(whole.size()) * 2);
  }
}

TEST(NpzArchiveTest, RefusesADirectoryThatClaimsGigabytesBeforeTakingMemory) {
  Bytes bytes = TinyNpz(ZipStyle::kOld, /*deflate=*/true);
  // The size field of the first directory entry: the archive's first 02014b50 plus 24.
  const Bytes mark = {std::byte{'P'}, std::byte{'K'}, std::byte{1}, std::byte{2}};
  const auto entry = std::search(bytes.begin(), bytes.end(), mark.begin(), mark.end());
  ASSERT_NE(entry, bytes.end());
  for (int i = 0; i < 4; ++i) entry[24 + i] = std::byte{0x7f};
  for (int i = 0; i < 4; ++i) bytes[static_cast<size_t>(22 + i)] = std::byte{0x7f};  // local header
  const auto zip = NpzArchive::FromBytes(bytes, "bomb.npz");
  ExpectRefused([&] { zip.Read("observation"); }, {"bomb.npz: observation.npy", "2139062143"});
}

TEST(NpzArchiveTest, TellsAMissingFileFromABadOne) {
  const tests::TemporaryFolder folder;
  ExpectRefused<std::runtime_error>([&] { NpzArchive::Open(folder / "none.npz"); }, {"none.npz"});
  WriteFile(folder / "text.npz", ToBytes("just some text"));
  ExpectRefused([&] { NpzArchive::Open(folder / "text.npz"); },
                {"text.npz", "not a complete zip archive"});
}

TEST(ZipArchiveTest, MembersCanBeReadByManyThreads) {
  ZipBytes outer;
  for (int i = 0; i < 16; ++i) {
    outer.Add("member_" + std::to_string(i), ToBytes(std::string(5000, static_cast<char>('a' + i))),
              /*deflate=*/true);
  }
  const auto zip = ZipArchive::FromBytes(outer.Finish(), "outer.zip");
  std::vector<Bytes> read(16);
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (size_t i = t; i < 16; i += 4) read[i] = zip.Read(i);
      });
    }
  }
  for (size_t i = 0; i < 16; ++i) {
    EXPECT_EQ(read[i], ToBytes(std::string(5000, static_cast<char>('a' + i))));
  }
}

TEST(NpzWriterTest, WritesWhatTheReaderReads) {
  const tests::TemporaryFolder folder;
  for (const auto compression :
       {NpzWriter::Compression::kStored, NpzWriter::Compression::kDeflated}) {
    const std::filesystem::path path = folder / "out.npz";
    NpzWriter writer(path, compression);
    writer.Add("b", Counting(50, 2));
    writer.Add("a", NpyArray::Of<uint8_t>(std::vector<uint8_t>{1, 2, 3}, {3}));
    writer.Finish();
    const auto npz = NpzArchive::Open(path);
    EXPECT_THAT(npz.keys(), ::testing::ElementsAre("b", "a"));
    EXPECT_EQ(npz.Read("b"), Counting(50, 2));
  }
}

TEST(NpzWriterTest, LeavesNothingBehindWithoutFinishAndNothingButTheFileWithIt) {
  const tests::TemporaryFolder folder;
  { NpzWriter(folder / "out.npz").Add("a", Counting(1, 1)); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  NpzWriter writer(folder / "out.npz");
  writer.Add("a", Counting(1, 1));
  writer.Finish();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(NpzWriterTest, RefusesAKeyTwice) {
  NpzWriter writer("unused.npz");
  writer.Add("a", Counting(1, 1));
  EXPECT_THROW(writer.Add("a", Counting(1, 1)), std::logic_error);
}

}  // namespace
}  // namespace datasets
