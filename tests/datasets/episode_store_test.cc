#include "datasets/episode_store.h"

#include "datasets/hdf5.h"
#include "datasets/replacement_file.h"
#include "tests/datasets/expect_refused.h"
#include "tests/datasets/tiny_episodes.h"
#include "tests/datasets/zip_bytes.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace datasets {
namespace {

using tests::ExpectRefused;
using tests::TinyAttributes;
using tests::TinyEpisode;

void WriteDataset(const std::filesystem::path& path, const std::vector<Episode>& episodes,
                  const EpisodeWriterOptions& options = {}) {
  EpisodeWriter writer(path, TinyAttributes(), options);
  for (const Episode& episode : episodes) writer.Append(episode);
  writer.Finish();
}

TEST(EpisodeStoreTest, ReadsBackWhatWasWritten) {
  const tests::TemporaryFolder folder;
  for (const bool compress : {false, true}) {
    std::vector<Episode> episodes;
    for (uint64_t seed = 0; seed < 12; ++seed) {
      episodes.push_back(TinyEpisode(/*num_steps=*/1 + static_cast<int64_t>(seed * seed), seed));
    }
    episodes[3].terminations.back() = 1;
    episodes[3].truncations.back() = 0;
    episodes[4].task_rewards["cartpole_balance"].assign(18, 0.5F);
    episodes[4].num_steps = episodes[4].num_steps;  // 17 steps, 18 rows
    episodes[5].extras["skill"] = NpyArray::Of<float>(std::vector<float>{1, 2, 3, 4}, {2, 2});
    episodes[6].discounts.clear();
    WriteDataset(folder / "w.hdf5", episodes, {compress});

    const auto reader = EpisodeReader::Open(folder / "w.hdf5");
    ASSERT_EQ(reader.num_episodes(), 12);
    int64_t total_steps = 0;
    for (size_t i = 0; i < episodes.size(); ++i) {
      EXPECT_EQ(reader.Read(static_cast<int64_t>(i)), episodes[i]) << "episode " << i;
      total_steps += episodes[i].num_steps;
    }
    EXPECT_EQ(reader.attributes().total_steps, total_steps);
    EXPECT_EQ(reader.attributes().compressed, compress);
  }
}

TEST(EpisodeStoreTest, KeepsItsAttributes) {
  const tests::TemporaryFolder folder;
  DatasetAttributes attributes = TinyAttributes();
  attributes.relabelling = "zero";
  attributes.mujoco_version = "3.17.0";
  EpisodeWriter writer(folder / "w.hdf5", attributes);
  writer.Append(TinyEpisode(10, 1));
  writer.Finish();
  attributes.total_episodes = 1;
  attributes.total_steps = 10;
  EXPECT_EQ(EpisodeReader::Open(folder / "w.hdf5").attributes(), attributes);
}

TEST(EpisodeStoreTest, EqualEpisodesMakeEqualFiles) {
  const tests::TemporaryFolder folder;
  WriteDataset(folder / "a.hdf5", {TinyEpisode(10, 1), TinyEpisode(20, 2)});
  WriteDataset(folder / "b.hdf5", {TinyEpisode(10, 1), TinyEpisode(20, 2)});
  EXPECT_EQ(ReadWholeFile(folder / "a.hdf5"), ReadWholeFile(folder / "b.hdf5"));
}

TEST(EpisodeStoreTest, ReadsOneColumnIntoMemoryOfTheCaller) {
  const tests::TemporaryFolder folder;
  const Episode episode = TinyEpisode(10, 1);
  WriteDataset(folder / "w.hdf5", {episode});
  const auto reader = EpisodeReader::Open(folder / "w.hdf5");
  EXPECT_EQ(reader.num_steps(0), 10);
  std::vector<float> values(55);
  reader.ReadColumn(0, "observations", values);
  EXPECT_EQ(values, episode.observations);
  ExpectRefused([&] { reader.ReadColumn(0, "rewards", values); },
                {"episode_0: rewards", "(10,)", "55"});
  ExpectRefused([&] { reader.ReadColumn(0, "infos/rewards/walker_walk", values); },
                {"w.hdf5: episode_0: infos/rewards/walker_walk"});
}

TEST(EpisodeStoreTest, FindsArraysThatOutliveTheReader) {
  const tests::TemporaryFolder folder;
  const Episode episode = TinyEpisode(10, 1);
  WriteDataset(folder / "w.hdf5", {episode});
  const std::vector<std::string> names{"rewards", "observations"};
  const EpisodeArrays found = EpisodeReader::Open(folder / "w.hdf5").Find(0, names);
  EXPECT_EQ(found.num_steps, 10);
  std::vector<float> rewards(10);
  std::vector<float> observations(55);
  found.arrays.at(0).ReadFloats(rewards);
  found.arrays.at(1).ReadFloats(observations);
  EXPECT_EQ(rewards, episode.rewards);
  EXPECT_EQ(observations, episode.observations);
}

TEST(EpisodeStoreTest, LeavesOutColumnsNobodyAskedFor) {
  const tests::TemporaryFolder folder;
  WriteDataset(folder / "w.hdf5", {TinyEpisode(10, 1)});
  const auto reader = EpisodeReader::Open(folder / "w.hdf5");
  const Episode episode = reader.Read(
      0, {.physics = false, .discounts = false, .task_rewards = false, .extras = false});
  EXPECT_TRUE(episode.physics.empty());
  EXPECT_TRUE(episode.discounts.empty());
  EXPECT_TRUE(episode.task_rewards.empty());
  EXPECT_EQ(episode.rewards, TinyEpisode(10, 1).rewards);
}

TEST(EpisodeStoreTest, ListsRelabelledTasksOnly) {
  const tests::TemporaryFolder folder;
  Episode episode = TinyEpisode(10, 1);
  EXPECT_TRUE(episode.task_rewards.contains(kCollectedReward));
  episode.task_rewards["cartpole_balance"].assign(11, 1);
  WriteDataset(folder / "w.hdf5", {episode});
  EXPECT_THAT(EpisodeReader::Open(folder / "w.hdf5").tasks(),
              ::testing::ElementsAre("cartpole_balance"));
}

TEST(EpisodeStoreTest, AnUnfinishedFileNeverAppears) {
  const tests::TemporaryFolder folder;
  WriteDataset(folder / "w.hdf5", {TinyEpisode(10, 1)});
  {
    EpisodeWriter writer(folder / "w.hdf5", TinyAttributes());
    writer.Append(TinyEpisode(5, 2));
  }
  EXPECT_EQ(EpisodeReader::Open(folder / "w.hdf5").num_steps(0), 10);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(EpisodeStoreTest, RefusesColumnsThatDoNotFitTheEpisode) {
  const auto refuse = [](const std::function<void(Episode&)>& spoil, const std::string& column) {
    Episode episode = TinyEpisode(10, 1);
    spoil(episode);
    ExpectRefused([&] { EncodeEpisode(episode, TinyAttributes(), {}); }, {column});
  };
  refuse([](Episode& e) { e.observations.pop_back(); }, "observations");
  refuse([](Episode& e) { e.actions.push_back(0); }, "actions");
  refuse([](Episode& e) { e.rewards.clear(); }, "rewards");
  refuse([](Episode& e) { e.physics.pop_back(); }, "infos/physics");
  refuse([](Episode& e) { e.task_rewards["x"].assign(12, 0); }, "infos/rewards/x");
  refuse([](Episode& e) { e.num_steps = 0; }, "no steps");
}

// Files of other programs and what the refusal calls them.
TEST(EpisodeStoreTest, NamesTheProgramWhoseFileItIs) {
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder / "foreign.hdf5";
  const auto refuse = [&](const std::vector<std::string>& groups, const std::string& word) {
    Hdf5File file = Hdf5File::Create(path, "foreign.hdf5");
    for (const std::string& group : groups) file.root().Create(group);
    file.Close();
    ExpectRefused([&] { EpisodeReader::Open(path); }, {"foreign.hdf5", word});
  };
  refuse({}, "another program");
  refuse({"observations", "terminals"}, "D4RL");
  refuse({"data", "data/demo_0"}, "robomimic");
  refuse({"episode_0"}, "Minari");
}

TEST(EpisodeStoreTest, RefusesALaterFormat) {
  const tests::TemporaryFolder folder;
  Hdf5File file = Hdf5File::Create(folder / "w.hdf5", "w.hdf5");
  file.root().WriteInteger("ringrl_format_version", kFormatVersion + 1);
  file.Close();
  ExpectRefused([&] { EpisodeReader::Open(folder / "w.hdf5"); }, {"format version is 3", "newer"});
}

// Reads everything there is to read; damage must end as an exception.
bool ReadsWhole(const std::filesystem::path& path) {
  try {
    const auto reader = EpisodeReader::Open(path);
    for (int64_t i = 0; i < std::min<int64_t>(reader.num_episodes(), 3); ++i) reader.Read(i);
    return true;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

TEST(EpisodeStoreTest, SurvivesTruncationAnywhere) {
  const tests::TemporaryFolder folder;
  WriteDataset(folder / "w.hdf5", {TinyEpisode(3, 1)});
  const std::vector<std::byte> whole = ReadWholeFile(folder / "w.hdf5");
  for (size_t size = 0; size < whole.size(); size += 97) {
    WriteWholeFile(folder / "cut.hdf5", std::span(whole).first(size));
    EXPECT_FALSE(ReadsWhole(folder / "cut.hdf5")) << size;
  }
}

TEST(EpisodeStoreTest, SurvivesFlippedBytesAnywhere) {
  const tests::TemporaryFolder folder;
  WriteDataset(folder / "w.hdf5", {TinyEpisode(3, 1)});
  std::vector<std::byte> bytes = ReadWholeFile(folder / "w.hdf5");
  int refused = 0;
  for (size_t at = 0; at < bytes.size(); at += 31) {
    bytes[at] ^= std::byte{0x41};
    WriteWholeFile(folder / "flipped.hdf5", bytes);
    refused += ReadsWhole(folder / "flipped.hdf5") ? 0 : 1;
    bytes[at] ^= std::byte{0x41};
  }
  EXPECT_GT(refused, 10);  // the rest of the flips fell into unused space
}

}  // namespace
}  // namespace datasets
