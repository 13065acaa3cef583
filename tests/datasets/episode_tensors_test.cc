#include "datasets/episode_tensors.h"

#include "datasets/episode_writer.h"
#include "tests/datasets/expect_refused.h"
#include "tests/datasets/tiny_episodes.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <numeric>

namespace datasets {
namespace {

std::vector<float> ToVector(const at::Tensor& tensor) {
  const auto* begin = tensor.data_ptr<float>();
  return {begin, begin + tensor.numel()};
}

// Episodes of different lengths; episode i's balance reward is i everywhere, its reset's 100.
EpisodeReader WriteDataset(const std::filesystem::path& path) {
  EpisodeWriter writer(path, tests::TinyAttributes());
  for (int64_t i = 0; i < 10; ++i) {
    Episode episode = tests::TinyEpisode(/*num_steps=*/5 + i, static_cast<uint64_t>(i));
    std::vector<float>& balance = episode.task_rewards["cartpole_balance"];
    balance.assign(static_cast<size_t>(6 + i), static_cast<float>(i));
    balance[0] = 100;
    episode.terminations.back() = i == 3 ? 1 : 0;
    episode.truncations.back() = i == 3 ? 0 : 1;
    writer.Append(episode);
  }
  writer.Finish();
  return EpisodeReader::Open(path);
}

TEST(EpisodeTensorsTest, PutsEveryEpisodeWhereItsFirstRowSays) {
  const tests::TemporaryFolder folder;
  const EpisodeReader reader = WriteDataset(folder / "w.hdf5");
  const EpisodeTensors episodes = LoadEpisodeTensors(reader, "cartpole_swingup");
  EXPECT_EQ(episodes.reward_source, "rewards");
  ASSERT_EQ(episodes.num_episodes(), 10);
  EXPECT_EQ(episodes.observation_NO.size(0), reader.attributes().total_steps + 10);
  EXPECT_EQ(episodes.action_NA.size(0), reader.attributes().total_steps);
  for (size_t i = 0; i < 10; ++i) {
    const Episode episode = tests::TinyEpisode(5 + static_cast<int64_t>(i), i);
    EXPECT_EQ(episodes.num_steps[i], episode.num_steps);
    const int64_t steps = episode.num_steps;
    EXPECT_EQ(ToVector(episodes.observation_NO.narrow(0, episodes.observation_begin[i], steps + 1)),
              episode.observations);
    EXPECT_EQ(ToVector(episodes.action_NA.narrow(0, episodes.action_begin[i], steps)),
              episode.actions);
    EXPECT_EQ(ToVector(episodes.reward_N.narrow(0, episodes.action_begin[i], steps)),
              episode.rewards);
    EXPECT_EQ(episodes.episode_return[i],
              std::accumulate(episode.rewards.begin(), episode.rewards.end(), 0.0));
  }
}

TEST(EpisodeTensorsTest, RelabelledRewardsLeaveOutTheReset) {
  const tests::TemporaryFolder folder;
  const EpisodeTensors episodes =
      LoadEpisodeTensors(WriteDataset(folder / "w.hdf5"), "cartpole_balance");
  EXPECT_EQ(episodes.reward_source, "infos/rewards/cartpole_balance");
  EXPECT_EQ(episodes.episode_return[3], 3.0 * 8);
}

TEST(EpisodeTensorsTest, TellsTheEndOfATaskFromATimeLimit) {
  const tests::TemporaryFolder folder;
  const EpisodeTensors episodes =
      LoadEpisodeTensors(WriteDataset(folder / "w.hdf5"), "cartpole_swingup");
  EXPECT_EQ(episodes.terminated, (std::vector<uint8_t>{0, 0, 0, 1, 0, 0, 0, 0, 0, 0}));
}

TEST(EpisodeTensorsTest, SaysHowToGetRewardsThatAreNotThere) {
  const tests::TemporaryFolder folder;
  const EpisodeReader reader = WriteDataset(folder / "w.hdf5");
  tests::ExpectRefused([&] { LoadEpisodeTensors(reader, "cartpole_balance_sparse"); },
                       {"w.hdf5", "dataset relabel", "--tasks cartpole_balance_sparse"});
}

}  // namespace
}  // namespace datasets
