#include "datasets/exorl_source.h"

#include "datasets/replacement_file.h"
#include "tests/datasets/exorl_files.h"
#include "tests/datasets/expect_refused.h"
#include "tests/datasets/zip_bytes.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

namespace datasets {
namespace {

using tests::ExpectRefused;

TEST(ExorlFileNameTest, TakesNumberAndLengthFromTheEndOfTheName) {
  const auto ours = ParseExorlFileName("buffer/episode_000012_1000.npz");
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->index, 12);
  EXPECT_EQ(ours->num_steps, 1000);
  const auto collectors = ParseExorlFileName("20220131T101112_7_250.npz");
  ASSERT_TRUE(collectors);
  EXPECT_EQ(collectors->index, 7);
  EXPECT_EQ(collectors->num_steps, 250);
  for (const char* name : {"golden_rewards.npz", "episode_1_2.txt", "1_2.npz", "_1_.npz", ".npz",
                           "episode_-1_5.npz", "episode_1_99999999999999999999.npz", ""}) {
    EXPECT_FALSE(ParseExorlFileName(name)) << name;
  }
}

TEST(ExorlSourceTest, ListsAFolderItsBufferFolderAndAZipAlike) {
  const tests::TemporaryFolder folder;
  tests::WriteBuffer(folder / "proto", 12);
  tests::ZipBytes zip;
  for (const char* member : {"video/", "golden_rewards.npz"}) zip.Add(member, {}, false);
  for (int64_t i = 11; i >= 0; --i) {  // not in the order of their numbers
    const std::string name = tests::ExorlName(i, 20);
    zip.Add("buffer/" + name, ReadWholeFile(folder.path() / "proto/buffer" / name), i % 2 == 0);
  }
  WriteWholeFile(folder / "proto.zip", zip.Finish());
  for (const char* path : {"proto", "proto/buffer", "proto/buffer/", "proto.zip"}) {
    const auto source = ExorlSource::Open(folder / path);
    EXPECT_EQ(source.CollectorName(), "proto") << path;
    ASSERT_EQ(source.files().size(), 12U);
    for (size_t i = 0; i < 12; ++i) {
      EXPECT_EQ(source.files()[i].index, static_cast<int64_t>(i));
      EXPECT_EQ(source.OpenEpisode(i).Read("observation"),
                tests::ExorlArrays(20, i).at("observation"));
    }
  }
}

TEST(ExorlSourceTest, RefusesPlacesWithoutEpisodesAndNamesThatAreNoEpisodes) {
  const tests::TemporaryFolder folder;
  ExpectRefused([&] { ExorlSource::Open(folder.path()); }, {folder.path().string(), "no episodes"});
  ExpectRefused<std::runtime_error>([&] { ExorlSource::Open(folder / "none"); }, {"none"});
  tests::WriteNpz(folder / "other.npz", tests::ExorlArrays(2, 1));
  ExpectRefused([&] { ExorlSource::Open(folder.path()); }, {"other.npz", "_<index>_<length>.npz"});
}

TEST(ExorlSourceTest, RefusesTwoEpisodesOfOneNumber) {
  const tests::TemporaryFolder folder;
  tests::WriteNpz(folder / "episode_000001_2.npz", tests::ExorlArrays(2, 1));
  tests::WriteNpz(folder / "episode_1_2.npz", tests::ExorlArrays(2, 1));
  ExpectRefused([&] { ExorlSource::Open(folder.path()); },
                {"episode_000001_2.npz", "episode_1_2.npz", "same number"});
}

}  // namespace
}  // namespace datasets
