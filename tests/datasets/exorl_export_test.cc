#include "datasets/exorl_export.h"

#include "datasets/exorl_import.h"
#include "tests/datasets/exorl_files.h"
#include "tests/datasets/expect_refused.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

namespace datasets {
namespace {

TEST(ExorlExportTest, ImportAndExportIsTheIdentityOnArraysAndNames) {
  const tests::TemporaryFolder folder;
  tests::WriteBuffer(folder / "rnd", 10);
  std::filesystem::remove(folder / "rnd/buffer" / tests::ExorlName(4, 20));  // numbers keep gaps
  ExorlImportOptions options;
  options.domain = "cartpole";
  ImportExorl(ExorlSource::Open(folder / "rnd"), folder / "w.hdf5", options);
  ExportExorl(EpisodeReader::Open(folder / "w.hdf5"), folder / "out",
              {.num_threads = 2, .on_progress = {}});
  const auto before = ExorlSource::Open(folder / "rnd");
  const auto after = ExorlSource::Open(folder / "out");
  ASSERT_EQ(after.files().size(), 9U);
  for (size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(std::filesystem::path(after.files()[i].name).filename(),
              std::filesystem::path(before.files()[i].name).filename());
    const NpzArchive from = before.OpenEpisode(i);
    const NpzArchive to = after.OpenEpisode(i);
    EXPECT_EQ(to.keys().size(), 5U);
    for (const std::string& key : from.keys()) EXPECT_EQ(to.Read(key), from.Read(key)) << key;
  }
}

TEST(ExorlExportTest, FillsInWhatADatasetOfOursNeverHad) {
  const tests::TemporaryFolder folder;
  EpisodeWriter writer(folder / "w.hdf5", tests::TinyAttributes());
  Episode episode = tests::TinyEpisode(5, 2);
  episode.source_index = -1;
  episode.task_rewards.clear();
  episode.discounts.clear();
  writer.Append(episode);
  writer.Finish();
  ExportExorl(EpisodeReader::Open(folder / "w.hdf5"), folder / "out", {});
  const auto npz = NpzArchive::Open(folder / "out/buffer/episode_000000_5.npz");
  EXPECT_EQ(npz.Read("discount"), NpyArray::Of<float>(std::vector<float>(6, 1), {6, 1}));
  std::vector<float> rewards{0};
  rewards.insert(rewards.end(), episode.rewards.begin(), episode.rewards.end());
  EXPECT_EQ(npz.Read("reward"), NpyArray::Of<float>(rewards, {6, 1}));
}

TEST(ExorlExportTest, LeavesAFolderThatExistsAlone) {
  const tests::TemporaryFolder folder;
  EpisodeWriter writer(folder / "w.hdf5", tests::TinyAttributes());
  writer.Append(tests::TinyEpisode(5, 2));
  writer.Finish();
  tests::ExpectRefused(
      [&] { ExportExorl(EpisodeReader::Open(folder / "w.hdf5"), folder.path(), {}); },
      {"exists already"});
}

}  // namespace
}  // namespace datasets
