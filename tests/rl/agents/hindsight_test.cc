#include "rl/agents/hindsight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Property;

TEST(HindsightTest, AscendingOrderSortsByReturnAndBreaksTiesByIndex) {
  const std::array<double, 5> returns{7, 3, 9, 3, 1};
  std::vector<int64_t> episodes{3, 0, 2, 1};
  std::mt19937_64 rng(301);
  OrderEpisodes(episodes, returns, ChainOrder::kAscending, rng);
  EXPECT_THAT(episodes, ElementsAre(1, 3, 0, 2));
  EXPECT_EQ(rng, std::mt19937_64(301)) << "sorting must not draw";
}

TEST(HindsightTest, TimeOrderIsTheOrderOfStorage) {
  const std::array<double, 3> returns{7, 3, 9};
  std::vector<int64_t> episodes{2, 0, 1};
  std::mt19937_64 rng(301);
  OrderEpisodes(episodes, returns, ChainOrder::kTime, rng);
  EXPECT_THAT(episodes, ElementsAre(0, 1, 2));
}

TEST(HindsightTest, ShufflingReachesEveryOrderAboutEquallyOften) {
  const std::array<double, 3> returns{7, 3, 9};
  std::mt19937_64 rng(301);
  std::map<std::vector<int64_t>, int> counts;
  for (int i = 0; i < 6000; ++i) {
    std::vector<int64_t> episodes{0, 1, 2};
    OrderEpisodes(episodes, returns, ChainOrder::kShuffled, rng);
    ++counts[episodes];
  }
  ASSERT_EQ(counts.size(), 6);
  // 1000 expected; the standard deviation is 29.
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 5 * 29);
}

TEST(HindsightTest, EveryTrajectoryIsToldTheBestReturnAndOnlyTheBestCompletes) {
  const std::array<Segment, 3> segments{Segment{4, 0, 9}, Segment{2, 0, 9}, Segment{7, 0, 9}};
  const std::array<double, 3> returns{120, 430, 700};
  const HindsightChain chain = LabelChain(segments, returns, ChainRelabel::kChain);
  ASSERT_EQ(chain.size(), 3);
  for (const ChainLink& link : chain) EXPECT_EQ(link.target_return, 700);
  EXPECT_FALSE(chain[0].completes);
  EXPECT_FALSE(chain[1].completes);
  EXPECT_TRUE(chain[2].completes);
  EXPECT_EQ(chain[1].segment.episode, 2);
}

TEST(HindsightTest, TrajectoriesThatTieForTheBestAllComplete) {
  const std::array<Segment, 3> segments{Segment{0, 0, 9}, Segment{1, 0, 9}, Segment{2, 0, 9}};
  const std::array<double, 3> returns{5, 6, 6};
  const HindsightChain chain = LabelChain(segments, returns, ChainRelabel::kChain);
  EXPECT_FALSE(chain[0].completes);
  EXPECT_TRUE(chain[1].completes);
  EXPECT_TRUE(chain[2].completes);
}

TEST(HindsightTest, OwnRelabellingTellsEachTrajectoryItsOwnReturn) {
  const std::array<Segment, 2> segments{Segment{0, 0, 9}, Segment{1, 0, 9}};
  const std::array<double, 2> returns{5, 6};
  const HindsightChain chain = LabelChain(segments, returns, ChainRelabel::kOwn);
  EXPECT_EQ(chain[0].target_return, 5);
  EXPECT_EQ(chain[1].target_return, 6);
  EXPECT_FALSE(chain[0].completes) << "the best of the chain is still 6";
}

TEST(HindsightTest, WindowsFromAnyStepStartEverywhereAlikeAndEndWithTheEpisode) {
  std::mt19937_64 rng(301);
  std::array<int, 10> starts{};
  for (int i = 0; i < 10000; ++i) {
    const Segment segment = DrawSegmentFromAnyStep(/*episode=*/3, /*num_steps=*/10, 4, rng);
    EXPECT_EQ(segment.episode, 3);
    EXPECT_EQ(segment.end, segment.begin < 6 ? segment.begin + 4 : 10);
    ++starts.at(static_cast<size_t>(segment.begin));
  }
  // 1000 expected; the standard deviation is 30.
  for (const int count : starts) EXPECT_NEAR(count, 1000, 5 * 30);
}

TEST(HindsightTest, WindowsStayInsideTheEpisodeAndReachBothEnds) {
  std::mt19937_64 rng(301);
  std::array<int, 4> starts{};
  for (int i = 0; i < 4000; ++i) {
    const Segment segment = DrawSegment(5, /*num_steps=*/10, /*window=*/7, rng);
    EXPECT_EQ(segment.episode, 5);
    ASSERT_EQ(segment.end - segment.begin, 7);
    ASSERT_GE(segment.begin, 0);
    ASSERT_LE(segment.end, 10);
    ++starts[segment.begin];
  }
  // 1000 expected; the standard deviation is 27.
  for (const int count : starts) EXPECT_NEAR(count, 1000, 5 * 27);
}

TEST(HindsightTest, WholeAndShortEpisodesAreTakenWholeWithoutADraw) {
  std::mt19937_64 rng(301);
  for (const int64_t window : {0, 10, 11}) {
    const Segment segment = DrawSegment(5, /*num_steps=*/10, window, rng);
    EXPECT_EQ(segment.begin, 0);
    EXPECT_EQ(segment.end, 10);
  }
  EXPECT_EQ(rng, std::mt19937_64(301));
}

TEST(HindsightTest, DrawsLieBelowTheirBoundEvenForHugeBounds) {
  std::mt19937_64 rng(301);
  const uint64_t huge = (uint64_t{1} << 63) + 1;  // every second draw is rejected
  for (int i = 0; i < 1000; ++i) {
    ASSERT_LT(DrawBelow(huge, rng), huge);
    ASSERT_EQ(DrawBelow(1, rng), 0);
  }
  EXPECT_THROW(DrawBelow(0, rng), std::logic_error);
}

TEST(HindsightTest, LossWeightsFollowTheirRule) {
  EXPECT_EQ(LossWeight(LossTrajectories::kAll, 0, 4), 1);
  EXPECT_EQ(LossWeight(LossTrajectories::kLast, 2, 4), 0);
  EXPECT_EQ(LossWeight(LossTrajectories::kLast, 3, 4), 1);
  EXPECT_EQ(LossWeight(LossTrajectories::kRising, 0, 4), 0.25);
  EXPECT_EQ(LossWeight(LossTrajectories::kRising, 3, 4), 1);
}

TEST(HindsightTest, UnknownNamesListTheChoices) {
  EXPECT_THAT([] { ParseChainOrder("random"); },
              ::testing::ThrowsMessage<std::invalid_argument>(
                  HasSubstr("chain.order is \"random\"; choose ascending, shuffled or time")));
  EXPECT_THAT([] { ParseChainDraw("best"); },
              ::testing::ThrowsMessage<std::invalid_argument>(
                  HasSubstr("chain.draw is \"best\"; choose length, spread, band or history")));
  EXPECT_THROW(ParseChainCount("all"), std::invalid_argument);
  EXPECT_THROW(ParseChainRelabel("best"), std::invalid_argument);
  EXPECT_THROW(ParseLossTrajectories("first"), std::invalid_argument);
}

}  // namespace
}  // namespace rl
