#include "datasets/normalizer.h"

#include "tests/support/tolerance.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace datasets {
namespace {

TEST(NormalizerTest, GivesEveryDimensionMeanZeroAndDeviationOne) {
  const at::Tensor observation_NO = at::tensor({1.F, 10.F, 2.F, 30.F, 3.F, 50.F}).view({3, 2});
  const Normalizer normalizer = Normalizer::Fit(observation_NO);
  EXPECT_TRUE(at::allclose(normalizer.mean_O, at::tensor({2.F, 30.F})));
  // Deviations of the population: sqrt(2 / 3) and sqrt(800 / 3).
  EXPECT_NEAR(normalizer.std_O[0].item<float>(), 0.816496581, tests::Tolerance(1e-6));
  EXPECT_NEAR(normalizer.std_O[1].item<float>(), 16.3299316, tests::Tolerance(1e-5));
  const at::Tensor normal_NO = normalizer.Apply(observation_NO);
  EXPECT_NEAR(normal_NO.mean().item<float>(), 0, tests::Tolerance(1e-6));
  EXPECT_EQ(normalizer.Apply(observation_NO.view({1, 3, 2})).sizes(),
            (std::vector<int64_t>{1, 3, 2}));
}

// In float32 the sum of squares of a large mean would leave no digit of the deviation.
TEST(NormalizerTest, KeepsASmallDeviationBesideALargeMean) {
  const at::Tensor observation_NO = at::stack({at::tensor({4096.F, 4096.25F, 4096.5F})}, 1);
  EXPECT_NEAR(Normalizer::Fit(observation_NO).std_O[0].item<double>(), 0.25 * std::sqrt(2.0 / 3),
              tests::Tolerance(1e-6));
}

TEST(NormalizerTest, DoesNotBlowUpADimensionThatNeverMoves) {
  const Normalizer normalizer = Normalizer::Fit(at::full({5, 2}, 7.F));
  EXPECT_TRUE(at::allclose(normalizer.std_O, at::full({2}, Normalizer::kSmallestStd)));
}

TEST(NormalizerTest, IdentityChangesNothing) {
  const at::Tensor observation = at::tensor({1.F, -2.F, 3.F});
  EXPECT_TRUE(at::equal(Normalizer::Identity(3).Apply(observation), observation));
}

TEST(NormalizerTest, RefusesOtherSizes) {
  EXPECT_THROW(Normalizer::Identity(3).Apply(at::tensor({1.F, 2.F})), c10::Error);
  EXPECT_THROW(Normalizer::Fit(at::tensor({1.F, 2.F})), c10::Error);
}

}  // namespace
}  // namespace datasets
