#include "rl/agents/transition_sampler.h"

#include "tests/rl/agents/tiny_episodes.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace rl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Episodes of 2, 6 and 3 steps whose observations say where they are from: 100 i + t.
datasets::EpisodeTensors Episodes() {
  return LabelledEpisodes({{1, 2}, {3, 4, 5, 6, 7, 8}, {9, 10, 11}}, /*observation_dim=*/1,
                          /*action_dim=*/1);
}

float At(const at::Tensor& tensor, int64_t i) { return tensor.data_ptr<float>()[i]; }

TEST(TransitionSamplerTest, EveryPartOfATransitionIsOfTheSameStep) {
  datasets::EpisodeTensors episodes = Episodes();
  episodes.terminated = {0, 1, 0};
  TransitionSampler sampler({.batch = 200, .discount = 0.5}, episodes,
                            std::vector<int64_t>{0, 1, 2});
  const TransitionBatch batch = sampler.Sample();
  ASSERT_EQ(batch.observation_BO.sizes(), at::IntArrayRef({200, 1}));
  const std::vector<std::vector<float>> rewards{{1, 2}, {3, 4, 5, 6, 7, 8}, {9, 10, 11}};
  std::map<float, int> seen;
  for (int64_t i = 0; i < 200; ++i) {
    const float label = At(batch.observation_BO, i);
    const auto episode = static_cast<size_t>(label) / 100, step = static_cast<size_t>(label) % 100;
    EXPECT_EQ(At(batch.next_observation_BO, i), label + 1);
    EXPECT_FLOAT_EQ(At(batch.action_BA, i), label / 1000);
    EXPECT_EQ(At(batch.reward_B, i), rewards.at(episode).at(step));
    const bool ended = episode == 1 && step == 5;
    EXPECT_EQ(At(batch.discount_B, i), ended ? 0.0F : 0.5F) << "a time limit is not an end";
    ++seen[label];
  }
  EXPECT_EQ(seen.size(), 11U) << "every step is drawn sooner or later";
}

TEST(TransitionSamplerTest, ABatchComesApartInOrder) {
  TransitionSampler sampler({.batch = 7, .discount = 0.5}, Episodes(),
                            std::vector<int64_t>{0, 1, 2});
  const TransitionBatch batch = sampler.Sample();
  int64_t row = 0;
  for (const TransitionBatch& part : Split(batch, 3)) {
    EXPECT_GE(part.reward_B.size(0), 2);
    for (int64_t i = 0; i < part.reward_B.size(0); ++i, ++row) {
      EXPECT_EQ(At(part.observation_BO, i), At(batch.observation_BO, row));
      EXPECT_EQ(At(part.next_observation_BO, i), At(batch.next_observation_BO, row));
      EXPECT_EQ(At(part.action_BA, i), At(batch.action_BA, row));
      EXPECT_EQ(At(part.reward_B, i), At(batch.reward_B, row));
      EXPECT_EQ(At(part.discount_B, i), At(batch.discount_B, row));
    }
  }
  EXPECT_EQ(row, 7);
}

// Shares of the three episodes among many draws; the standard error is below 0.008.
std::vector<double> Shares(TransitionDraw draw) {
  const int64_t num_draws = 4000;
  TransitionSampler sampler({.batch = num_draws, .draw = draw}, Episodes(),
                            std::vector<int64_t>{0, 1, 2});
  sampler.Seed(301);
  const TransitionBatch batch = sampler.Sample();
  std::vector<double> shares(3);
  for (int64_t i = 0; i < num_draws; ++i) {
    shares.at(static_cast<size_t>(At(batch.observation_BO, i)) / 100) += 1.0 / num_draws;
  }
  return shares;
}

TEST(TransitionSamplerTest, DrawsEpisodesOrTransitionsUniformly) {
  const std::vector<double> by_episode = Shares(TransitionDraw::kEpisode);
  const std::vector<double> by_transition = Shares(TransitionDraw::kTransition);
  const std::vector<double> lengths{2, 6, 3};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(by_episode[i], 1.0 / 3, 0.03);
    EXPECT_NEAR(by_transition[i], lengths[i] / 11, 0.03);
  }
}

TEST(TransitionSamplerTest, DrawsFromTheChosenEpisodesAlone) {
  for (const TransitionDraw draw : {TransitionDraw::kEpisode, TransitionDraw::kTransition}) {
    TransitionSampler sampler({.batch = 100, .draw = draw}, Episodes(), std::vector<int64_t>{0, 2});
    const at::Tensor observation_BO = sampler.Sample().observation_BO;
    for (int64_t i = 0; i < 100; ++i) EXPECT_NE(static_cast<int>(At(observation_BO, i)) / 100, 1);
  }
}

TEST(TransitionSamplerTest, ARestoredStateContinuesWithTheSameDraws) {
  const datasets::EpisodeTensors episodes = Episodes();
  const std::vector<int64_t> all{0, 1, 2};
  TransitionSampler sampler({.batch = 20}, episodes, all);
  sampler.Sample();
  const std::string state = sampler.SaveState();
  const at::Tensor expected = sampler.Sample().observation_BO;
  TransitionSampler restored({.batch = 20}, episodes, all);
  restored.RestoreState(state);
  EXPECT_TRUE(at::equal(restored.Sample().observation_BO, expected));
}

TEST(TransitionSamplerTest, RefusesNothingToDrawFrom) {
  EXPECT_THROW(TransitionSampler({}, Episodes(), std::vector<int64_t>{}), std::invalid_argument);
  EXPECT_THAT([] { TransitionSampler({}, LabelledEpisodes({{}}, 1, 1), std::vector<int64_t>{0}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("episode 0 has no steps")));
  EXPECT_THAT([] { ParseTransitionDraw("step"); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("episode or transition")));
}

TEST(BestEpisodesTest, KeepsTheBestByReturnInTheirOldOrder) {
  const std::vector<double> returns{5, 9, 1, 9, 7, 0};
  const std::vector<int64_t> all{0, 1, 2, 3, 4, 5};
  EXPECT_THAT(BestEpisodes(all, returns, 0.5), ElementsAre(1, 3, 4));
  EXPECT_THAT(BestEpisodes(all, returns, 0.34), ElementsAre(1, 3, 4)) << "rounded up";
  EXPECT_THAT(BestEpisodes(all, returns, 0.1), ElementsAre(1)) << "of equals the first";
  EXPECT_THAT(BestEpisodes(all, returns, 1.0), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(BestEpisodes(std::vector<int64_t>{0, 2, 5}, returns, 0.1), ElementsAre(0));
}

TEST(BestEpisodesTest, ATenthOfThirtyIsThree) {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < 30; ++i) all.push_back(i);
  EXPECT_EQ(BestEpisodes(all, std::vector<double>(30), 0.1).size(), 3U);
}

}  // namespace
}  // namespace rl
