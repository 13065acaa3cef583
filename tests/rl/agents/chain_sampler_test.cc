#include "rl/agents/chain_sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Draw = std::tuple<int64_t, int64_t, int64_t, double, bool>;

std::vector<Draw> Flatten(const std::vector<HindsightChain>& chains) {
  std::vector<Draw> draws;
  for (const HindsightChain& chain : chains) {
    for (const ChainLink& link : chain) {
      draws.emplace_back(link.segment.episode, link.segment.begin, link.segment.end,
                         link.target_return, link.completes);
    }
  }
  return draws;
}

// Eight episodes of 10, 20, ... 80 steps, of which 1..7 may be drawn; returns fall with the index.
class ChainSamplerTest : public ::testing::Test {
 protected:
  static ChainSampler Make(const ChainOptions& options) {
    std::vector<int64_t> num_steps(8);
    std::vector<double> returns(8);
    for (int64_t i = 0; i < 8; ++i) {
      num_steps[i] = 10 * (i + 1);
      returns[i] = 100.0 - static_cast<double>(i);
    }
    ChainSampler sampler(options, {1, 2, 3, 4, 5, 6, 7}, num_steps, returns);
    sampler.Seed(301);
    return sampler;
  }
};

TEST_F(ChainSamplerTest, EqualSeedsGiveEqualChains) {
  ChainSampler a = Make({.window = 4, .batch = 3});
  ChainSampler b = Make({.window = 4, .batch = 3});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Flatten(a.Sample()), Flatten(b.Sample()));
  b.Seed(302);
  EXPECT_NE(Flatten(a.Sample()), Flatten(b.Sample()));
}

TEST_F(ChainSamplerTest, ARestoredStateContinuesWithTheSameDraws) {
  ChainSampler sampler = Make({.window = 4, .batch = 3});
  for (int i = 0; i < 400; ++i) sampler.Sample();  // past one refill of the generator
  const std::string state = sampler.SaveState();
  std::vector<std::vector<Draw>> expected;
  for (int i = 0; i < 20; ++i) expected.push_back(Flatten(sampler.Sample()));

  ChainSampler restored = Make({.window = 4, .batch = 3});
  restored.RestoreState(state);
  EXPECT_EQ(restored.SaveState(), state);
  for (const std::vector<Draw>& draws : expected) EXPECT_EQ(Flatten(restored.Sample()), draws);
}

TEST_F(ChainSamplerTest, TextThatIsNoGeneratorIsRefusedAndChangesNothing) {
  ChainSampler sampler = Make({});
  const std::string state = sampler.SaveState();
  EXPECT_THAT([&] { sampler.RestoreState("1 2 three"); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("sampler's state")));
  EXPECT_EQ(sampler.SaveState(), state);
}

TEST_F(ChainSamplerTest, LengthsAreUniformAndSharedByTheBatch) {
  ChainSampler sampler = Make({.trajectories = 4, .batch = 2});
  std::map<size_t, int> counts;
  for (int i = 0; i < 4000; ++i) {
    const std::vector<HindsightChain> chains = sampler.Sample();
    ASSERT_EQ(chains.size(), 2);
    ASSERT_EQ(chains[0].size(), chains[1].size());
    ++counts[chains[0].size()];
  }
  ASSERT_EQ(counts.size(), 4);
  // 1000 expected; the standard deviation is 27.
  for (const auto& [length, count] : counts) EXPECT_NEAR(count, 1000, 5 * 27) << length;
}

TEST_F(ChainSamplerTest, EpisodesOfAChainAreDistinctAllowedAndAscending) {
  ChainSampler sampler = Make({.trajectories = 7});
  for (int i = 0; i < 500; ++i) {
    const HindsightChain chain = sampler.Sample()[0];
    std::set<int64_t> distinct;
    for (size_t k = 0; k < chain.size(); ++k) {
      ASSERT_GE(chain[k].segment.episode, 1);
      distinct.insert(chain[k].segment.episode);
      // Returns fall with the index, so ascending returns are descending indices.
      if (k > 0) {
        ASSERT_LT(chain[k].segment.episode, chain[k - 1].segment.episode);
      }
      ASSERT_EQ(chain[k].target_return, 100.0 - static_cast<double>(chain.back().segment.episode));
      ASSERT_EQ(chain[k].completes, k + 1 == chain.size());
    }
    ASSERT_EQ(distinct.size(), chain.size());
  }
}

TEST_F(ChainSamplerTest, EpisodesAreDrawnInProportionToTheirLength) {
  ChainSampler sampler = Make({.trajectories = 1});
  std::map<int64_t, int> counts;
  for (int i = 0; i < 35000; ++i) ++counts[sampler.Sample()[0][0].segment.episode];
  // Lengths 20 .. 80 sum to 350; the standard deviation of a count is below 90.
  for (int64_t episode = 1; episode <= 7; ++episode) {
    EXPECT_NEAR(counts[episode], 1000 * (episode + 1), 5 * 90) << episode;
  }
}

TEST_F(ChainSamplerTest, WindowsNeverCrossAnEpisodeBoundary) {
  ChainSampler sampler = Make({.trajectories = 4, .window = 25, .batch = 4});
  for (int i = 0; i < 1000; ++i) {
    for (const HindsightChain& chain : sampler.Sample()) {
      for (const auto& [episode, begin, end] : {chain[0].segment, chain.back().segment}) {
        const int64_t num_steps = 10 * (episode + 1);
        ASSERT_GE(begin, 0);
        ASSERT_LE(end, num_steps);
        ASSERT_EQ(end - begin, std::min<int64_t>(25, num_steps));
      }
    }
  }
}

TEST_F(ChainSamplerTest, LongerChainsThanEpisodesAreRefused) {
  EXPECT_THAT([] { Make({.trajectories = 8}); },
              ThrowsMessage<std::invalid_argument>(
                  HasSubstr("chain.trajectories is 8 but only 7 episodes are there")));
}

TEST_F(ChainSamplerTest, AFixedCountIsTheSameInEveryBatch) {
  ChainSampler sampler = Make({.trajectories = 5, .count = "fixed"});
  for (int i = 0; i < 200; ++i) ASSERT_EQ(sampler.Sample()[0].size(), 5);
}

TEST_F(ChainSamplerTest, EveryDrawResumesAndKeepsEpisodesDistinct) {
  for (const char* draw : {"length", "spread", "band", "history"}) {
    const ChainOptions options{.trajectories = 7, .draw = draw, .window = 4, .batch = 3};
    ChainSampler sampler = Make(options), restored = Make(options);
    for (int i = 0; i < 50; ++i) {
      for (const HindsightChain& chain : sampler.Sample()) {
        std::set<int64_t> distinct;
        for (const ChainLink& link : chain) distinct.insert(link.segment.episode);
        ASSERT_EQ(distinct.size(), chain.size()) << draw;
        ASSERT_GE(*distinct.begin(), 1) << draw << " took an episode that it was not given";
      }
    }
    restored.RestoreState(sampler.SaveState());
    for (int i = 0; i < 20; ++i) EXPECT_EQ(Flatten(sampler.Sample()), Flatten(restored.Sample()));
  }
}

TEST_F(ChainSamplerTest, ChainsOfNearlyAllEpisodesLeaveOutEachAsOftenAsItsLengthSays) {
  ChainSampler sampler = Make({.trajectories = 6, .count = "fixed", .batch = 10});
  std::map<int64_t, double> left_out;
  constexpr int kChains = 20000;
  for (int i = 0; i < kChains / 10; ++i) {
    for (const HindsightChain& chain : sampler.Sample()) {
      int64_t missing = 1 + 2 + 3 + 4 + 5 + 6 + 7;
      for (const ChainLink& link : chain) missing -= link.segment.episode;
      ++left_out[missing];
    }
  }
  std::map<int64_t, double> expected;  // by drawing six of seven in every order
  std::vector<int64_t> order = {1, 2, 3, 4, 5, 6, 7};
  do {
    double left = 350, probability = 1;
    for (size_t k = 0; k < 6; ++k) {
      const double length = 10.0 * static_cast<double>(order[k] + 1);
      probability *= length / left;
      left -= length;
    }
    expected[order[6]] += kChains * probability;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_GT(expected[1], 3 * expected[7]);
  for (const auto& [episode, count] : expected) {
    EXPECT_NEAR(left_out[episode], count, 5 * std::sqrt(count)) << episode;
  }
}

// The example by hand of chain_sampler.h: seven episodes of equal length.
class ChainDrawTest : public ::testing::Test {
 protected:
  static ChainSampler Make(const std::string& draw) {
    const std::vector<int64_t> num_steps(7, 10);
    const std::vector<double> returns = {40, 10, 70, 40, 90, 20, 60};
    ChainSampler sampler({.trajectories = 2, .count = "fixed", .draw = draw, .band = 0.4},
                         {0, 1, 2, 3, 4, 5, 6}, num_steps, returns);
    sampler.Seed(301);
    return sampler;
  }

  // How often each pair of episodes, in ascending return, is the chain.
  static std::map<std::pair<int64_t, int64_t>, int> Count(const std::string& draw, int num_chains) {
    ChainSampler sampler = Make(draw);
    std::map<std::pair<int64_t, int64_t>, int> counts;
    for (int i = 0; i < num_chains; ++i) {
      const HindsightChain chain = sampler.Sample()[0];
      ++counts[{chain[0].segment.episode, chain[1].segment.episode}];
    }
    return counts;
  }
};

TEST_F(ChainDrawTest, SpreadTakesOneOfEachStratum) {
  const auto counts = Count("spread", 12000);
  ASSERT_EQ(counts.size(), 12);
  for (const int64_t low : {1, 5, 0}) {
    for (const int64_t high : {3, 6, 2, 4}) {
      // 1000 expected; the standard deviation is 30.
      EXPECT_NEAR(counts.at({low, high}), 1000, 5 * 30) << low << " and " << high;
    }
  }
}

TEST_F(ChainDrawTest, SpreadWithinAStratumFollowsTheLength) {
  const std::vector<int64_t> num_steps = {30, 10, 10, 20};
  const std::vector<double> returns = {1, 2, 3, 4};
  ChainSampler sampler({.trajectories = 2, .count = "fixed", .draw = "spread"}, {0, 1, 2, 3},
                       num_steps, returns);
  sampler.Seed(301);
  int first_of_low = 0, first_of_high = 0;
  for (int i = 0; i < 12000; ++i) {
    const HindsightChain chain = sampler.Sample()[0];
    first_of_low += chain[0].segment.episode == 0 ? 1 : 0;
    first_of_high += chain[1].segment.episode == 2 ? 1 : 0;
  }
  EXPECT_NEAR(first_of_low, 9000, 5 * 48);   // 30 of 40 steps
  EXPECT_NEAR(first_of_high, 4000, 5 * 52);  // 10 of 30
}

TEST_F(ChainDrawTest, BandTakesNeighborsInReturn) {
  const auto counts = Count("band", 14000);
  // Bands by first episode: 1 and 5: {1 5 0}, 0: {5 0 3}, 3: {0 3 6}, 6: {3 6 2}, 2 and 4: {6 2 4}.
  // Every first episode comes once in seven and each of the two others then half of the time.
  const std::map<std::pair<int64_t, int64_t>, int> halves = {{{1, 5}, 2}, {{1, 0}, 1}, {{5, 0}, 2},
                                                             {{0, 3}, 2}, {{3, 6}, 2}, {{6, 2}, 2},
                                                             {{6, 4}, 1}, {{2, 4}, 2}};
  ASSERT_EQ(counts.size(), halves.size());
  for (const auto& [pair, times] : halves) {
    // 1000 a time; the standard deviation is below 42.
    EXPECT_NEAR(counts.at(pair), 1000 * times, 5 * 42) << pair.first << " and " << pair.second;
  }
}

TEST_F(ChainDrawTest, HistoryTakesConsecutiveEpisodes) {
  const auto counts = Count("history", 6000);
  ASSERT_EQ(counts.size(), 6);
  // Within a chain the lower return stands first, and of equal ones the lower index.
  for (const auto& pair :
       std::vector<std::pair<int64_t, int64_t>>{{1, 0}, {1, 2}, {3, 2}, {3, 4}, {5, 4}, {5, 6}}) {
    EXPECT_NEAR(counts.at(pair), 1000, 5 * 29) << pair.first << " and " << pair.second;
  }
}

TEST_F(ChainDrawTest, ABandIsNeverNarrowerThanTheChain) {
  const std::vector<int64_t> num_steps(7, 10);
  const std::vector<double> returns = {1, 2, 3, 4, 5, 6, 7};
  ChainSampler sampler({.trajectories = 7, .count = "fixed", .draw = "band", .band = 0.01},
                       {0, 1, 2, 3, 4, 5, 6}, num_steps, returns);
  EXPECT_EQ(sampler.Sample()[0].size(), 7);
}

TEST(SplitEpisodesTest, PartsAreDisjointCompleteAndReproducible) {
  const EpisodeSplit split = SplitEpisodes(120, 0.05);
  EXPECT_EQ(split.validation.size(), 6);
  std::vector<int64_t> all = split.training;
  all.insert(all.end(), split.validation.begin(), split.validation.end());
  std::sort(all.begin(), all.end());
  std::vector<int64_t> expected(120);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
  EXPECT_EQ(SplitEpisodes(120, 0.05).validation, split.validation);
}

TEST(SplitEpisodesTest, TrainingAlwaysKeepsAnEpisode) {
  EXPECT_TRUE(SplitEpisodes(10, 0).validation.empty());
  EXPECT_EQ(SplitEpisodes(10, 0.01).validation.size(), 1);
  EXPECT_EQ(SplitEpisodes(2, 0.99).training.size(), 1);
  EXPECT_TRUE(SplitEpisodes(1, 0.5).validation.empty());
  EXPECT_THROW(SplitEpisodes(0, 0.1), std::invalid_argument);
}

}  // namespace
}  // namespace rl
