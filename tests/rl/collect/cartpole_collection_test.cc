#include "rl/collect/cartpole_collection.h"

#include "datasets/catalog.h"
#include "rl/env/relabel.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

std::vector<datasets::Episode> Collect(int num_episodes, uint64_t seed, int num_threads) {
  return CollectCartpole({.assets = tests::Assets(),
                          .num_episodes = num_episodes,
                          .seed = seed,
                          .num_threads = num_threads});
}

double Return(const datasets::Episode& episode) {
  return std::accumulate(episode.rewards.begin(), episode.rewards.end(), 0.0);
}

TEST(CartpoleCollectionTest, ReturnsSpanFromNearZeroToAboveEightHundred) {
  std::vector<double> returns;
  for (const datasets::Episode& episode : Collect(100, 0, 2)) returns.push_back(Return(episode));
  std::sort(returns.begin(), returns.end());
  EXPECT_LT(returns.front(), 60);
  EXPECT_GT(returns.back(), 840);
  EXPECT_GT(returns[50], 250);
  EXPECT_LT(returns[50], 650);
}

TEST(CartpoleCollectionTest, TheEpisodesDependOnTheSeedAloneAndNotOnThreads) {
  const auto episodes = Collect(5, 301, 1);
  EXPECT_EQ(episodes, Collect(5, 301, 3));
  EXPECT_NE(episodes.front().actions, Collect(5, 302, 1).front().actions);
  EXPECT_NE(episodes[0].actions, episodes[1].actions);
}

TEST(CartpoleCollectionTest, EpisodesHaveTheSizesOfTheCatalogAndConsistentRewards) {
  const datasets::DomainInfo& domain = datasets::FindDomain("cartpole");
  const datasets::Episode episode = Collect(1, 301, 1).front();
  const auto num_steps = static_cast<size_t>(domain.episode_steps);
  EXPECT_EQ(episode.num_steps, domain.episode_steps);
  EXPECT_EQ(episode.observations.size(),
            (num_steps + 1) * static_cast<size_t>(domain.observation_dim));
  EXPECT_EQ(episode.actions.size(), num_steps);
  EXPECT_EQ(episode.discounts, std::vector<float>(num_steps + 1, 1.0f));
  EXPECT_EQ(episode.terminations, std::vector<uint8_t>(num_steps, 0));
  EXPECT_EQ(std::count(episode.truncations.begin(), episode.truncations.end(), 1), 1);
  EXPECT_EQ(episode.truncations.back(), 1);

  Relabeler relabeler({"cartpole_swingup"}, tests::Assets(), RelabelRule::kRecordedControl);
  const auto rewards = relabeler.Relabel(episode.physics, episode.actions)[0];
  for (size_t step = 0; step < num_steps; ++step) {
    ASSERT_EQ(episode.rewards[step], static_cast<float>(rewards[step + 1]));
  }
}

TEST(CartpoleCollectionTest, CountsBelowOneAreRefused) {
  EXPECT_THROW(Collect(0, 0, 1), std::invalid_argument);
  EXPECT_THROW(Collect(1, 0, 0), std::invalid_argument);
}

}  // namespace
}  // namespace rl
