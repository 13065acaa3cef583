#include "datasets/task_rewards.h"

#include "datasets/episode_writer.h"
#include "datasets/replacement_file.h"
#include "tests/datasets/expect_refused.h"
#include "tests/datasets/tiny_episodes.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace datasets {
namespace {

void WriteTiny(const std::filesystem::path& path, bool compress = false) {
  EpisodeWriter writer(path, tests::TinyAttributes(), {compress});
  for (uint64_t seed = 0; seed < 9; ++seed) writer.Append(tests::TinyEpisode(10, seed));
  writer.Finish();
}

// A reward that tells episode and state apart: the state's first number plus the episode's index.
ComputeTaskRewards FirstNumber(const std::string& task) {
  return [task](int64_t index, const Episode& episode) {
    std::vector<float> rewards;
    for (size_t row = 0; row < episode.physics.size(); row += 4) {
      rewards.push_back(static_cast<float>(episode.physics[row] + static_cast<double>(index)));
    }
    return std::map<std::string, std::vector<float>>{{task, rewards}};
  };
}

RewriteOptions Zero(int num_threads = 2) {
  return {.relabelling = "zero",
          .mujoco_version = "3.17.0",
          .num_threads = num_threads,
          .on_progress = {}};
}

TEST(TaskRewardsTest, AddsRewardsInPlaceAndKeepsEverythingElse) {
  const tests::TemporaryFolder folder;
  for (const bool compress : {false, true}) {
    WriteTiny(folder / "w.hdf5", compress);
    RewriteWithTaskRewards(folder / "w.hdf5", folder / "w.hdf5", FirstNumber("cartpole_balance"),
                           Zero());
    RewriteWithTaskRewards(folder / "w.hdf5", folder / "w.hdf5", FirstNumber("cartpole_swingup"),
                           Zero());
    const auto reader = EpisodeReader::Open(folder / "w.hdf5");
    EXPECT_THAT(reader.tasks(), ::testing::ElementsAre("cartpole_balance", "cartpole_swingup"));
    EXPECT_EQ(reader.attributes().relabelling, "zero");
    EXPECT_EQ(reader.attributes().mujoco_version, "3.17.0");
    EXPECT_EQ(reader.attributes().compressed, compress);
    for (int64_t i = 0; i < 9; ++i) {
      Episode wanted = tests::TinyEpisode(10, static_cast<uint64_t>(i));
      wanted.task_rewards.merge(FirstNumber("cartpole_balance")(i, wanted));
      wanted.task_rewards.merge(FirstNumber("cartpole_swingup")(i, wanted));
      EXPECT_EQ(reader.Read(i), wanted);
    }
  }
}

TEST(TaskRewardsTest, NewRewardsOfATaskReplaceOldOnes) {
  const tests::TemporaryFolder folder;
  WriteTiny(folder / "w.hdf5");
  const auto constant = [](int64_t, const Episode&) {
    return std::map<std::string, std::vector<float>>{
        {"cartpole_balance", std::vector<float>(11, 0.5F)}};
  };
  RewriteWithTaskRewards(folder / "w.hdf5", folder / "w.hdf5", FirstNumber("cartpole_balance"),
                         Zero());
  RewriteWithTaskRewards(folder / "w.hdf5", folder / "w.hdf5", constant, Zero());
  EXPECT_EQ(EpisodeReader::Open(folder / "w.hdf5").Read(4).task_rewards["cartpole_balance"],
            std::vector<float>(11, 0.5F));
}

TEST(TaskRewardsTest, TheFileDoesNotDependOnTheNumberOfThreads) {
  const tests::TemporaryFolder folder;
  WriteTiny(folder / "w.hdf5");
  for (const int threads : {1, 3}) {
    RewriteWithTaskRewards(folder / "w.hdf5", folder / std::to_string(threads),
                           FirstNumber("cartpole_balance"), Zero(threads));
  }
  EXPECT_EQ(ReadWholeFile(folder / "1"), ReadWholeFile(folder / "3"));
}

TEST(TaskRewardsTest, AFailureLeavesTheDatasetAsItWas) {
  const tests::TemporaryFolder folder;
  WriteTiny(folder / "w.hdf5");
  const auto before = ReadWholeFile(folder / "w.hdf5");
  const auto fail = [](int64_t index, const Episode&) {
    if (index == 5) throw std::invalid_argument("episode 5 cannot be relabelled");
    return std::map<std::string, std::vector<float>>{};
  };
  tests::ExpectRefused(
      [&] { RewriteWithTaskRewards(folder / "w.hdf5", folder / "w.hdf5", fail, Zero()); },
      {"episode 5"});
  EXPECT_EQ(ReadWholeFile(folder / "w.hdf5"), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(TaskRewardsTest, OneFileHoldsOneRule) {
  const tests::TemporaryFolder folder;
  WriteTiny(folder / "w.hdf5");
  RewriteWithTaskRewards(folder / "w.hdf5", folder / "w.hdf5", FirstNumber("cartpole_balance"),
                         Zero());
  RewriteOptions recorded = Zero();
  recorded.relabelling = "recorded";
  tests::ExpectRefused(
      [&] {
        RewriteWithTaskRewards(folder / "w.hdf5", folder / "w.hdf5",
                               FirstNumber("cartpole_swingup"), recorded);
      },
      {"w.hdf5", "'zero'"});
}

}  // namespace
}  // namespace datasets
