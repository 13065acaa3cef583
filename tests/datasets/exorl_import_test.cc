#include "datasets/exorl_import.h"

#include "datasets/episode_store.h"
#include "datasets/replacement_file.h"
#include "tests/datasets/exorl_files.h"
#include "tests/datasets/expect_refused.h"
#include "tests/datasets/sample_data.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace datasets {
namespace {

using tests::ExpectRefused;

ExorlImportOptions Cartpole() {
  ExorlImportOptions options;
  options.domain = "cartpole";
  return options;
}

TEST(ExorlImportTest, GivesTheSameFileWhateverTheNumberOfThreads) {
  const tests::TemporaryFolder folder;
  tests::WriteBuffer(folder / "rnd", 30);
  const auto source = ExorlSource::Open(folder / "rnd");
  for (const bool compress : {false, true}) {
    std::vector<std::vector<std::byte>> files;
    for (const int threads : {1, 2, 5}) {
      ExorlImportOptions options = Cartpole();
      options.num_threads = threads;
      options.compress = compress;
      ImportExorl(source, folder / "w.hdf5", options);
      files.push_back(ReadWholeFile(folder / "w.hdf5"));
    }
    EXPECT_EQ(files[0], files[1]);
    EXPECT_EQ(files[0], files[2]);
  }
}

TEST(ExorlImportTest, CountsWhatItDidAndReportsProgressInOrder) {
  const tests::TemporaryFolder folder;
  tests::WriteBuffer(folder / "rnd", 9);
  std::vector<int64_t> done;
  ExorlImportOptions options = Cartpole();
  options.num_threads = 2;
  options.limit = 7;
  options.task = "cartpole_swingup";
  options.on_progress = [&](int64_t now, int64_t total) {
    done.push_back(now);
    EXPECT_EQ(total, 7);
  };
  const auto result = ImportExorl(ExorlSource::Open(folder / "rnd"), folder / "w.hdf5", options);
  EXPECT_EQ(result.num_episodes, 7);
  EXPECT_EQ(result.num_steps, 140);
  EXPECT_EQ(result.collector, "rnd");
  // 21 rows of 5 + 1 + 1 + 1 float32 and 4 float64.
  EXPECT_EQ(result.array_bytes, 7 * 21 * (8 * 4 + 4 * 8));
  EXPECT_THAT(done, ::testing::ElementsAre(1, 2, 3, 4, 5, 6, 7));
  const auto attributes = EpisodeReader::Open(folder / "w.hdf5").attributes();
  EXPECT_EQ(attributes.task, "cartpole_swingup");
  EXPECT_EQ(attributes.collector, "rnd");
}

TEST(ExorlImportTest, StopsAtTheFirstBadFileAndKeepsTheOldOutput) {
  const tests::TemporaryFolder folder;
  tests::WriteBuffer(folder / "rnd", 12);
  for (const int64_t bad : {5, 8}) {
    std::ofstream(folder / "rnd/buffer" / tests::ExorlName(bad, 20)) << "cut short";
  }
  std::ofstream(folder / "w.hdf5") << "old";
  ExorlImportOptions options = Cartpole();
  options.num_threads = 3;
  ExpectRefused([&] { ImportExorl(ExorlSource::Open(folder / "rnd"), folder / "w.hdf5", options); },
                {"episode_000005_20.npz", "zip"});
  std::string kept;
  std::ifstream(folder / "w.hdf5") >> kept;
  EXPECT_EQ(kept, "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
}

TEST(ExorlImportTest, SkipsBadFilesOnDemandAndListsThem) {
  const tests::TemporaryFolder folder;
  tests::WriteBuffer(folder / "rnd", 6);
  for (const int64_t bad : {0, 4}) {
    std::ofstream(folder / "rnd/buffer" / tests::ExorlName(bad, 20)) << "cut short";
  }
  ExorlImportOptions options = Cartpole();
  options.num_threads = 2;
  options.skip_bad = true;
  const auto result = ImportExorl(ExorlSource::Open(folder / "rnd"), folder / "w.hdf5", options);
  EXPECT_EQ(result.num_episodes, 4);
  ASSERT_EQ(result.skipped.size(), 2U);
  EXPECT_THAT(result.skipped[0].reason, ::testing::HasSubstr("episode_000000_20.npz"));
  EXPECT_THAT(result.skipped[1].reason, ::testing::HasSubstr("episode_000004_20.npz"));
  EXPECT_EQ(EpisodeReader::Open(folder / "w.hdf5").Read(0).source_index, 1);
}

TEST(ExorlImportTest, WritesNothingWhenNoFileIsGood) {
  const tests::TemporaryFolder folder;
  tests::WriteBuffer(folder / "rnd", 2);
  ExorlImportOptions options = Cartpole();
  options.domain = "jaco";
  options.skip_bad = true;
  ExpectRefused([&] { ImportExorl(ExorlSource::Open(folder / "rnd"), folder / "w.hdf5", options); },
                {"none of its 2 files", "--domain cartpole"});
  EXPECT_FALSE(std::filesystem::exists(folder / "w.hdf5"));
}

TEST(ExorlImportTest, RefusesATaskOfAnotherDomain) {
  const tests::TemporaryFolder folder;
  tests::WriteBuffer(folder / "rnd", 1);
  ExorlImportOptions options = Cartpole();
  options.task = "walker_walk";
  ExpectRefused([&] { ImportExorl(ExorlSource::Open(folder / "rnd"), folder / "w.hdf5", options); },
                {"walker_walk", "cartpole"});
}

// Every domain's real files: what the npz holds and what the dataset holds are the same bytes.
class SampleImportTest : public ::testing::TestWithParam<const char*> {};

TEST_P(SampleImportTest, LosesNoBit) {
  const std::filesystem::path sample = tests::SampleData();
  if (sample.empty()) GTEST_SKIP() << "skipped: no sample data";
  const tests::TemporaryFolder folder;
  const auto source = ExorlSource::Open(sample / GetParam());
  ExorlImportOptions options;
  options.domain = std::filesystem::path(GetParam()).parent_path();
  options.num_threads = 2;
  options.limit = 12;
  ImportExorl(source, folder / "w.hdf5", options);
  const auto reader = EpisodeReader::Open(folder / "w.hdf5");
  ASSERT_EQ(reader.num_episodes(), 12);
  for (size_t i = 0; i < 12; ++i) {
    const NpzArchive npz = source.OpenEpisode(i);
    const Episode episode = reader.Read(static_cast<int64_t>(i));
    const auto same = [&](const char* key, const auto& values, size_t skip) {
      const NpyArray array = npz.Read(key);
      const auto bytes = std::as_bytes(std::span(values));
      const auto from = std::span(array.bytes).subspan(skip);
      EXPECT_TRUE(std::equal(from.begin(), from.end(), bytes.begin(), bytes.end())) << key;
    };
    const size_t action_row = 4 * static_cast<size_t>(reader.attributes().action_dim);
    same("observation", episode.observations, 0);
    same("action", episode.actions, action_row);
    same("reward", episode.rewards, 4);
    EXPECT_EQ(npz.Read("reward").Values<float>()[0], 0);
    EXPECT_FALSE(episode.task_rewards.contains(kCollectedReward));
    same("discount", episode.discounts, 0);
    same("physics", episode.physics, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Domains, SampleImportTest,
                         ::testing::Values("walker/ddpg", "cheetah/rnd", "cartpole/ddpg",
                                           "jaco/random", "quadruped/random",
                                           "point_mass_maze/random"),
                         [](const auto& test) {
                           std::string name = test.param;
                           return name.replace(name.find('/'), 1, "_");
                         });

}  // namespace
}  // namespace datasets
