#include "ring/kernel/score_tile.h"

#include "ring/kernel/exp2.h"
#include "tests/support/tolerance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace ring {
namespace {

constexpr ProcessorLevel kLevels[] = {ProcessorLevel::kBaseline, ProcessorLevel::kV3,
                                      ProcessorLevel::kV4};
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Every softmax weight is one of these, so that a small slope of the polynomial's error would drown
// in the errors of products and show nowhere else.
TEST(Exp2Test, IsAccurateToAFewUlp) {
  double worst_float = 0, worst_double = 0;
  for (double x = 0; x > -126; x -= 0.00037) {
    auto single = Vector<float, 32>{} + static_cast<float>(x);
    Exp2<float>(single);
    const double exact = std::exp2(static_cast<double>(static_cast<float>(x)));
    worst_float = std::max(worst_float, std::abs(static_cast<double>(single[3]) / exact - 1));
    auto wide = Vector<double, 32>{} + x;
    Exp2<double>(wide);
    worst_double = std::max(worst_double, std::abs(wide[1] / std::exp2(x) - 1));
  }
  EXPECT_LT(worst_float, tests::Tolerance(2 * 0x1p-23));
  EXPECT_LT(worst_double, tests::Tolerance(4 * 0x1p-52));
}

TEST(Exp2Test, MinusInfinityGivesZeroAndNaNStays) {
  Vector<float, 32> x = {-kInfinity, -200.0F, std::nanf(""), 0.0F, 1.0F, -1.0F, 10.0F, -127.0F};
  Exp2<float>(x);
  EXPECT_EQ(x[0], 0.0F);
  EXPECT_EQ(x[1], 0.0F);
  EXPECT_TRUE(std::isnan(x[2]));
  EXPECT_EQ(x[3], 1.0F);
  EXPECT_EQ(x[4], 2.0F);
  EXPECT_EQ(x[5], 0.5F);
  EXPECT_EQ(x[6], 1024.0F);
  EXPECT_EQ(x[7], 0.0F);
}

// Lane by lane, in two steps of unequal size, against the softmax written down.
template <typename T>
void ExpectSoftmax(ProcessorLevel level, double tolerance) {
  constexpr T kScale = T(0.7);
  constexpr int64_t kKeys = 33, kFirstKeys = 10;
  std::mt19937 rng(301);
  std::normal_distribution<T> normal;
  std::vector<T> score(kKeys * kScoreLanes<T>);
  for (T& x : score) x = 5 * normal(rng);
  std::vector<T> weight = score;
  RunningSoftmax<T> softmax;
  std::fill_n(softmax.reference, kScoreLanes<T>, -std::numeric_limits<T>::infinity());
  std::fill_n(softmax.sum, kScoreLanes<T>, T{0});
  T rescale[kScoreLanes<T>], last_rescale[kScoreLanes<T>];
  EXPECT_TRUE(AdvanceSoftmax(kFirstKeys, kScale, weight.data(), softmax, rescale, level));
  for (const T factor : rescale) EXPECT_EQ(factor, T{0});
  AdvanceSoftmax(kKeys - kFirstKeys, kScale, weight.data() + kFirstKeys * kScoreLanes<T>, softmax,
                 last_rescale, level);
  for (int64_t lane = 0; lane < kScoreLanes<T>; ++lane) {
    double sum = 0;
    for (int64_t key = 0; key < kKeys; ++key) {
      const auto place = static_cast<size_t>(key * kScoreLanes<T> + lane);
      const double exact =
          std::exp2(static_cast<double>(score[place]) * static_cast<double>(kScale) -
                    static_cast<double>(softmax.reference[lane]));
      const double ours =
          static_cast<double>(weight[place] * (key < kFirstKeys ? last_rescale[lane] : 1));
      EXPECT_NEAR(ours, exact, tolerance * std::max(1.0, exact));
      sum += exact;
    }
    EXPECT_NEAR(static_cast<double>(softmax.sum[lane]) / sum, 1, tolerance);
  }
}

TEST(ScoreTileTest, AdvancesTheSoftmaxOfEveryLane) {
  for (const ProcessorLevel level : kLevels) {
    if (!RunsHere(level)) continue;
    ExpectSoftmax<float>(level, tests::Tolerance(2e-6));  // exponents near 10: 1e-6 of rounding
    ExpectSoftmax<double>(level, tests::Tolerance(5e-15));
  }
}

TEST(ScoreTileTest, TheReferenceRisesOnlyWhereWeightsWouldGetLarge) {
  RunningSoftmax<float> softmax;
  std::fill_n(softmax.reference, kScoreLanes<float>, 1.0F);
  std::fill_n(softmax.sum, kScoreLanes<float>, 2.0F);
  float rescale[kScoreLanes<float>];
  std::vector<float> score(kScoreLanes<float>, 9.0F);
  EXPECT_FALSE(AdvanceSoftmax(1, 1.0F, score.data(), softmax, rescale));
  EXPECT_EQ(softmax.reference[7], 1.0F);
  EXPECT_EQ(softmax.sum[7], 258.0F);
  EXPECT_EQ(score[7], 256.0F);
  EXPECT_EQ(rescale[7], 1.0F);

  std::fill(score.begin(), score.end(), 9.0F);
  score[7] = 10.0F;
  EXPECT_TRUE(AdvanceSoftmax(1, 1.0F, score.data(), softmax, rescale));
  EXPECT_EQ(softmax.reference[7], 10.0F);
  EXPECT_EQ(softmax.sum[7], 258.0F / 512 + 1);
  EXPECT_EQ(score[7], 1.0F);
  EXPECT_EQ(rescale[7], 1.0F / 512);
  EXPECT_EQ(softmax.reference[6], 1.0F);
  EXPECT_EQ(rescale[6], 1.0F);
}

TEST(ScoreTileTest, HiddenScoresWeighNothingAndChangeNothing) {
  std::vector<float> score(2 * kScoreLanes<float>, -kInfinity);
  score[5] = 3.0F;
  RunningSoftmax<float> softmax;
  std::fill_n(softmax.reference, kScoreLanes<float>, -kInfinity);
  std::fill_n(softmax.sum, kScoreLanes<float>, 0.0F);
  float rescale[kScoreLanes<float>];
  AdvanceSoftmax(2, 1.0F, score.data(), softmax, rescale);
  for (int64_t lane = 0; lane < kScoreLanes<float>; ++lane) {
    EXPECT_EQ(softmax.reference[lane], lane == 5 ? 3.0F : -kInfinity);
    EXPECT_EQ(softmax.sum[lane], lane == 5 ? 1.0F : 0.0F);
    EXPECT_EQ(score[static_cast<size_t>(lane)], lane == 5 ? 1.0F : 0.0F);
  }
}

TEST(ScoreTileTest, NaNIsNotHidden) {
  std::vector<float> score(kScoreLanes<float>, std::nanf(""));
  RunningSoftmax<float> softmax;
  std::fill_n(softmax.reference, kScoreLanes<float>, -kInfinity);
  std::fill_n(softmax.sum, kScoreLanes<float>, 0.0F);
  float rescale[kScoreLanes<float>];
  AdvanceSoftmax(1, 1.0F, score.data(), softmax, rescale);
  EXPECT_TRUE(std::isnan(softmax.sum[0]));
}

TEST(ScoreTileTest, RescalingByZeroClearsWhateverWasThere) {
  float row[3] = {std::nanf(""), kInfinity, 2.0F};
  RescaleRow(0.0F, 3, row);
  for (const float x : row) EXPECT_EQ(x, 0.0F);
  float other[3] = {1.0F, 2.0F, 3.0F};
  RescaleRow(0.5F, 3, other);
  EXPECT_EQ(other[2], 1.5F);
}

TEST(ScoreTileTest, RowsAreAddedNumberByNumber) {
  const double from[] = {1, 2, 3};
  double to[] = {10, 20, 30, 40};
  AddRow(from, 3, to);
  EXPECT_THAT(to, testing::ElementsAre(11, 22, 33, 40));
}

class ScoreGradientTest : public ::testing::TestWithParam<ProcessorLevel> {};

TEST_P(ScoreGradientTest, IsThatOfTheSoftmax) {
  if (!RunsHere(GetParam())) GTEST_SKIP() << "this processor is of an earlier generation";
  constexpr int64_t kQueries = 3, kStride = 40;
  std::mt19937 rng(301);
  std::normal_distribution<double> normal;
  std::vector<double> score(kQueries * kScoreLanes<double>), grad_weight = score;
  for (double& x : score) x = normal(rng);
  for (double& x : grad_weight) x = normal(rng);
  const std::vector<double> before = score;
  const double lse[] = {0.5, std::numeric_limits<double>::infinity(), -1.0};
  const double delta[] = {0.1, 0.2, 0.3};
  std::vector<double> grad_score(kQueries * kStride, -1.0);
  ComputeScoreGradients({.num_queries = kQueries,
                         .scale = 0.25,
                         .scale_log2 = 0.4,
                         .lse_log2 = lse,
                         .scaled_delta = delta,
                         .score = score.data(),
                         .grad_weight = grad_weight.data(),
                         .grad_score = grad_score.data(),
                         .grad_score_stride = kStride},
                        GetParam());
  for (size_t query = 0; query < kQueries; ++query) {
    for (size_t lane = 0; lane < kScoreLanes<double>; ++lane) {
      const size_t place = query * kScoreLanes<double> + lane;
      const double weight = std::exp2(before[place] * 0.4 - lse[query]);
      EXPECT_NEAR(score[place], weight, tests::Tolerance(1e-14));
      EXPECT_NEAR(grad_score[query * kStride + lane],
                  weight * (grad_weight[place] * 0.25 - delta[query]), tests::Tolerance(1e-14));
    }
    EXPECT_EQ(grad_score[query * kStride + kScoreLanes<double>], -1.0);
  }
}
INSTANTIATE_TEST_SUITE_P(Levels, ScoreGradientTest, ::testing::ValuesIn(kLevels));

}  // namespace
}  // namespace ring
