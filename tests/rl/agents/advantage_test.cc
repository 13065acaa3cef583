#include "rl/agents/advantage.h"

#include "tests/rl/agents/tiny_episodes.h"

#include <ATen/core/Tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

std::vector<float> List(const at::Tensor& tensor_N) {
  const float* const begin = tensor_N.const_data_ptr<float>();
  return {begin, begin + tensor_N.numel()};
}

// Observations of one dimension: 100 times the episode plus the step.
std::vector<float> Weights(const std::vector<std::vector<float>>& rewards,
                           const std::vector<int64_t>& training, const LossOptions& loss) {
  const auto episodes = LabelledEpisodes(rewards, /*observation_dim=*/1, /*action_dim=*/1);
  return List(AdvantageWeights(episodes, training, loss));
}

// Exponentials of numbers that were worked out by hand. float32 keeps seven digits.
MATCHER_P(AreExponentialsOf, exponents, "") {
  std::vector<float> expected;
  for (const double x : exponents) expected.push_back(static_cast<float>(std::exp(x)));
  return ::testing::ExplainMatchResult(Pointwise(FloatNear(1e-5F), expected), arg, result_listener);
}

TEST(AdvantageTest, ReturnsToGoSumTheRestOfTheirEpisode) {
  const auto episodes = LabelledEpisodes({{1, 2}, {3, 0, 4}}, 1, 1);
  const at::Tensor return_N = ReturnsToGo(episodes);
  const double* const begin = return_N.const_data_ptr<double>();
  EXPECT_THAT(std::vector<double>(begin, begin + 5), ElementsAre(3, 2, 7, 4, 4));
}

TEST(AdvantageTest, StepWeightsAreThoseWorkedOutInTheHeader) {
  const double a = std::sqrt(2.0);
  EXPECT_THAT(Weights({{1, 2}, {3, 0}}, {0, 1}, {.advantage = "step"}),
              AreExponentialsOf(std::vector<double>{0, a, 0, -a}));
}

TEST(AdvantageTest, TemperatureDividesAndTheLargestWeightBounds) {
  const double a = std::sqrt(2.0);
  EXPECT_THAT(Weights({{1, 2}, {3, 0}}, {0, 1}, {.advantage = "step", .temperature = 0.5}),
              AreExponentialsOf(std::vector<double>{0, 2 * a, 0, -2 * a}));
  EXPECT_THAT(Weights({{1, 2}, {3, 0}}, {0, 1}, {.advantage = "step", .max_weight = 2}),
              AreExponentialsOf(std::vector<double>{0, std::log(2.0), 0, -a}));
  // exp(-1.4 / 0.01) is 0 in float32: a batch of such steps alone would divide by 0.
  EXPECT_THAT(Weights({{1, 2}, {3, 0}}, {0, 1}, {.advantage = "step", .temperature = 0.01}),
              ElementsAre(1, 20, 1, 1e-6F));
}

TEST(AdvantageTest, HeldOutEpisodesAreMeasuredByTheOthersAlone) {
  // The third is longer than those that were averaged: its last step is compared with their last.
  // G = 15 10 5, b = 3 1 1, sigma = sqrt(1 / 2).
  const double sigma = std::sqrt(0.5);
  const std::vector<float> weights =
      Weights({{1, 2}, {3, 0}, {5, 5, 5}}, {0, 1}, {.advantage = "step", .temperature = 10});
  EXPECT_THAT(weights,
              AreExponentialsOf(std::vector<double>{0, 0.1 / sigma, 0, -0.1 / sigma, 1.2 / sigma,
                                                    0.9 / sigma, 0.4 / sigma}));
}

TEST(AdvantageTest, ALinearFitLeavesItsResiduals) {
  // Observations 0, 100, 200 and returns 0, 3, 3: the line 0.5, 2, 3.5. Residuals -0.5, 1, -0.5,
  // whose root mean square is sqrt(1 / 2).
  const double sigma = std::sqrt(0.5);
  EXPECT_THAT(Weights({{0}, {3}, {3}}, {0, 1, 2}, {.advantage = "linear"}),
              AreExponentialsOf(std::vector<double>{-0.5 / sigma, 1 / sigma, -0.5 / sigma}));
}

TEST(AdvantageTest, ReturnsThatAreLinearInObservationAndStepLeaveNothingToPrefer) {
  // G = 4 - t in the first episode and 6 - t in the second.
  const std::vector<std::vector<float>> rewards = {{1, 1, 1, 1}, {1, 1, 1, 3}};
  EXPECT_THAT(Weights(rewards, {0, 1}, {.advantage = "linear"}),
              AreExponentialsOf(std::vector<double>(8, 0)));
  EXPECT_THAT(Weights(rewards, {0, 1}, {.advantage = "step"}),
              AreExponentialsOf(std::vector<double>{-1, -1, -1, -1, 1, 1, 1, 1}));
}

TEST(AdvantageTest, EqualEpisodesWeighAlikeWhateverTheirRounding) {
  const std::vector<float> rewards(50, 1.0F / 3);
  for (const char* advantage : {"step", "linear"}) {
    EXPECT_THAT(Weights({rewards, rewards, rewards}, {0, 1, 2}, {.advantage = advantage}),
                AreExponentialsOf(std::vector<double>(150, 0)))
        << advantage;
  }
}

TEST(AdvantageTest, WithoutABaselineThereAreNoWeights) {
  EXPECT_THROW(Weights({{1}}, {0}, {}), std::logic_error);
}

}  // namespace
}  // namespace rl
