#include "datasets/validate.h"

#include "tests/datasets/tiny_episodes.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace datasets {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::TinyAttributes;
using tests::TinyEpisode;

std::vector<std::string> ProblemsOf(const std::function<void(Episode&)>& spoil) {
  Episode episode = TinyEpisode(10, 1);
  spoil(episode);
  return FindProblems(episode, TinyAttributes());
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(ValidateTest, HasNothingToSayAboutAGoodEpisode) {
  EXPECT_THAT(ProblemsOf([](Episode&) {}), IsEmpty());
}

TEST(ValidateTest, NamesTheColumnAndThePlaceOfWhatIsNotFinite) {
  EXPECT_THAT(ProblemsOf([](Episode& e) { e.observations[17] = kNan; }),
              ElementsAre(AllOf(HasSubstr("observations"), HasSubstr("NaN"), HasSubstr("row 3"),
                                HasSubstr("column 2"))));
  EXPECT_THAT(
      ProblemsOf([](Episode& e) { e.physics[5] = -std::numeric_limits<double>::infinity(); }),
      ElementsAre(AllOf(HasSubstr("infos/physics"), HasSubstr("infinity"), HasSubstr("row 1"))));
  EXPECT_THAT(ProblemsOf([](Episode& e) { e.task_rewards[kCollectedReward][2] = kNan; }),
              ElementsAre(HasSubstr("infos/rewards/collected")));
}

TEST(ValidateTest, FindsSeveralProblemsAtOnce) {
  EXPECT_THAT(ProblemsOf([](Episode& e) {
                e.rewards[4] = kNan;
                e.actions[7] = 1.5F;
                e.truncations.back() = 0;
              }),
              ElementsAre(HasSubstr("rewards"), HasSubstr("row 7"), HasSubstr("last step")));
}

TEST(ValidateTest, FindsFlagsThatEndAnEpisodeTooEarlyOrContradictTheDiscount) {
  EXPECT_THAT(ProblemsOf([](Episode& e) { e.truncations[4] = 1; }),
              ElementsAre(HasSubstr("step 4")));
  EXPECT_THAT(ProblemsOf([](Episode& e) { e.truncations[4] = 2; }),
              ElementsAre(HasSubstr("step 4")));
  EXPECT_THAT(ProblemsOf([](Episode& e) { e.discounts[10] = 0; }),
              ElementsAre(HasSubstr("after step 9")));
}

TEST(ValidateTest, ListsEveryBadEpisodeOfAFileWhateverTheNumberOfThreads) {
  const tests::TemporaryFolder folder;
  EpisodeWriter writer(folder / "w.hdf5", TinyAttributes());
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Episode episode = TinyEpisode(10, seed);
    if (seed == 7 || seed == 15) episode.observations[0] = kNan;
    if (seed == 11) episode.task_rewards["cartpole_balance"].assign(11, 0);
    writer.Append(episode);
  }
  writer.Finish();
  const auto reader = EpisodeReader::Open(folder / "w.hdf5");
  for (const int threads : {1, 3}) {
    EXPECT_THAT(ValidateDataset(reader, {.num_threads = threads, .on_progress = {}}),
                ElementsAre(HasSubstr("episode_7: observations"),
                            HasSubstr("episode_11: it has rewards of other tasks"),
                            HasSubstr("episode_15: observations")));
  }
}

TEST(ValidateTest, ComparesSizesWithTheCatalog) {
  const tests::TemporaryFolder folder;
  DatasetAttributes attributes = TinyAttributes();
  attributes.domain = "walker";
  EpisodeWriter writer(folder / "w.hdf5", attributes);
  writer.Append(TinyEpisode(10, 1));
  writer.Finish();
  EXPECT_THAT(ValidateDataset(EpisodeReader::Open(folder / "w.hdf5"), {}),
              ElementsAre(HasSubstr("observation_dim 24"), HasSubstr("action_dim 6"),
                          HasSubstr("physics_dim 18")));
}

}  // namespace
}  // namespace datasets
