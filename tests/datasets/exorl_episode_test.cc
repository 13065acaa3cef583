#include "datasets/exorl_episode.h"

#include "tests/datasets/exorl_files.h"
#include "tests/datasets/expect_refused.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace datasets {
namespace {

using tests::Arrays;

Episode Parse(const std::filesystem::path& folder, const Arrays& arrays,
              const std::string& domain = "cartpole", int64_t reward_column = 0) {
  const std::string name = tests::ExorlName(3, 20);
  tests::WriteNpz(folder / name, arrays);
  return ParseExorlEpisode(NpzArchive::Open(folder / name), *ParseExorlFileName(name),
                           {FindDomain(domain), reward_column});
}

float* Row(NpyArray& array, size_t row) {
  return reinterpret_cast<float*>(array.bytes.data()) + row * static_cast<size_t>(array.shape[1]);
}

TEST(ExorlEpisodeTest, MovesActionsAndRewardsToTheStepThatMadeThem) {
  const tests::TemporaryFolder folder;
  Arrays arrays = tests::ExorlArrays(20, 1);
  const Episode episode = Parse(folder.path(), arrays);
  EXPECT_EQ(episode.num_steps, 20);
  EXPECT_EQ(episode.source_index, 3);
  for (size_t t = 0; t < 20; ++t) {
    EXPECT_EQ(episode.actions[t], *Row(arrays["action"], t + 1));
    EXPECT_EQ(episode.rewards[t], *Row(arrays["reward"], t + 1));
    EXPECT_EQ(episode.terminations[t], 0);
    EXPECT_EQ(episode.truncations[t], t == 19 ? 1 : 0);
  }
  EXPECT_TRUE(episode.task_rewards.empty());
}

// -0 equals 0 but is not what export would write.
TEST(ExorlEpisodeTest, KeepsARewardArrayThatIsMoreThanAZeroAndTheRewards) {
  const tests::TemporaryFolder folder;
  for (const float reset : {0.25F, -0.0F}) {
    Arrays arrays = tests::ExorlArrays(20, 1);
    *Row(arrays["reward"], 0) = reset;
    const auto rewards = arrays["reward"].Values<float>();
    EXPECT_THAT(Parse(folder.path(), arrays).task_rewards.at(kCollectedReward),
                ::testing::ElementsAreArray(rewards.begin(), rewards.end()));
  }
}

TEST(ExorlEpisodeTest, ADiscountOfZeroAtTheEndIsATermination) {
  const tests::TemporaryFolder folder;
  Arrays arrays = tests::ExorlArrays(20, 1);
  *Row(arrays["discount"], 20) = 0;
  const Episode episode = Parse(folder.path(), arrays);
  EXPECT_EQ(episode.terminations.back(), 1);
  EXPECT_EQ(episode.truncations.back(), 0);
}

TEST(ExorlEpisodeTest, TakesTheAskedColumnOfARewardPerTargetAndKeepsAll) {
  const tests::TemporaryFolder folder;
  std::mt19937_64 random(301);
  Arrays arrays = tests::ExorlArrays(20, 1);
  arrays["observation"] = NpyArray::Of<float>(tests::UniformNumbers<float>(84, random), {21, 4});
  arrays["action"] = NpyArray::Of<float>(std::vector<float>(42), {21, 2});
  arrays["reward"] = NpyArray::Of<float>(tests::UniformNumbers<float>(84, random), {21, 4});
  const Episode episode = Parse(folder.path(), arrays, "point_mass_maze", /*reward_column=*/2);
  for (size_t t = 0; t < 20; ++t) EXPECT_EQ(episode.rewards[t], Row(arrays["reward"], t + 1)[2]);
  WriteExorlEpisode(episode, 0, folder.path());
  EXPECT_EQ(NpzArchive::Open(folder / tests::ExorlName(3, 20)).Read("reward"), arrays["reward"]);
}

TEST(ExorlEpisodeTest, WritesBackEveryArrayItRead) {
  const tests::TemporaryFolder folder;
  Arrays arrays = tests::ExorlArrays(20, 1);
  *Row(arrays["reward"], 0) = 0.25F;  // relabelled files have one
  arrays["skill"] = NpyArray::Of<float>(std::vector<float>(21 * 16, 0.5F), {21, 16});
  const Episode episode = Parse(folder.path(), arrays);
  WriteExorlEpisode(episode, /*index=*/0, folder.path());
  const auto written = NpzArchive::Open(folder / tests::ExorlName(3, 20));
  EXPECT_EQ(written.keys().size(), arrays.size());
  for (const auto& [key, array] : arrays) EXPECT_EQ(written.Read(key), array) << key;
}

TEST(ExorlEpisodeTest, RefusesEachKindOfDamageByNameAndPlace) {
  const tests::TemporaryFolder folder;
  const auto refuse = [&](const std::function<void(Arrays&)>& spoil,
                          const std::vector<std::string>& words) {
    Arrays arrays = tests::ExorlArrays(20, 1);
    spoil(arrays);
    std::vector<std::string> all{"episode_000003_20.npz"};
    all.insert(all.end(), words.begin(), words.end());
    tests::ExpectRefused([&] { Parse(folder.path(), arrays); }, all);
  };
  refuse([](Arrays& a) { a.erase("physics"); }, {"no array 'physics'"});
  refuse([](Arrays& a) { a["physics"].type = ElementType::kInt64; }, {"physics", "<i8", "<f8"});
  refuse([](Arrays& a) { a["reward"].shape = {21}; }, {"reward", "(21,)", "2 dimensions"});
  refuse([](Arrays& a) { a = tests::ExorlArrays(19, 1); }, {"20 rows", "20 steps"});
  refuse([](Arrays& a) { a["reward"] = tests::ExorlArrays(19, 1)["reward"]; }, {"reward has 20"});
  refuse([](Arrays& a) { *Row(a["observation"], 7) = NAN; }, {"observations", "NaN", "row 7"});
  refuse([](Arrays& a) { *Row(a["action"], 0) = 0.1F; }, {"row 0 of action"});
  refuse([](Arrays& a) { *Row(a["action"], 0) = -0.0F; }, {"row 0 of action"});
  refuse([](Arrays& a) { *Row(a["action"], 4) = 3; }, {"actions", "row 3", "[-1, 1]"});
  refuse([](Arrays& a) { *Row(a["discount"], 4) = 0; }, {"step 3", "end"});
}

TEST(ExorlEpisodeTest, NamesTheDomainAMisplacedFileIsOf) {
  const tests::TemporaryFolder folder;
  const Arrays arrays = tests::ExorlArrays(20, 1);
  tests::ExpectRefused([&] { Parse(folder.path(), arrays, "walker"); },
                       {"domain cartpole", "--domain cartpole"});
  tests::ExpectRefused(
      [&] {
        Arrays odd = arrays;
        odd["observation"] = NpyArray::Of<float>(std::vector<float>(42), {21, 2});
        Parse(folder.path(), odd, "walker");
      },
      {"2 observations", "domain walker has 24 observations"});
}

}  // namespace
}  // namespace datasets
