#include "models/dropout.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>

namespace models {
namespace {

constexpr double kProbability = 0.1;
constexpr DropoutPlace kPlace = {.layer = 1, .site = DropoutSite::kAttention};
const DropoutKey kKey = {.seed = 301, .train_step = 7};

// 1 where kept, of shape (chains, tokens, channels).
at::Tensor MaskOf(at::IntArrayRef sizes, const DropoutKey& key,
                  const DropoutPlace& place = kPlace) {
  return Dropout(at::ones(sizes), kProbability, &key, place).ne(0).to(at::kFloat);
}

double Mean(const at::Tensor& x) { return x.to(at::kDouble).mean().item<double>(); }

TEST(DropoutTest, KeepsTheRightShareAndTheMean) {
  const at::Tensor out = Dropout(at::ones({8, 256, 128}), kProbability, &kKey, kPlace);
  // 262144 draws: the standard deviation of the share is 0.0006, and five of them are allowed.
  EXPECT_NEAR(Mean(out.ne(0)), 1 - kProbability, 0.003);
  EXPECT_NEAR(Mean(out), 1.0, 0.0035);
  EXPECT_NEAR(out.max().item<double>(), 1 / (1 - kProbability), 1e-6);
}

TEST(DropoutTest, EveryTokenAndEveryChannelGetsItsShare) {
  const at::Tensor mask = MaskOf({8, 256, 128}, kKey);
  // Means of 2048 and of 128 draws: six standard deviations are 0.04 and 0.16.
  EXPECT_LT((mask.mean(at::IntArrayRef{0, 1}) - 0.9).abs().max().item<double>(), 0.04);
  EXPECT_LT((mask.mean(-1) - 0.9).abs().max().item<double>(), 0.16);
}

// Correlation of two masks of 262144 draws: its standard deviation is 0.002 if independent.
double Correlation(const at::Tensor& a, const at::Tensor& b) {
  return Mean((a - 0.9) * (b - 0.9)) / (0.1 * 0.9);
}

TEST(DropoutTest, MasksOfDifferentKeysAndPlacesAreIndependent) {
  const std::array<int64_t, 3> sizes = {8, 256, 128};
  const at::Tensor mask = MaskOf(sizes, kKey);
  DropoutKey seed = kKey, step = kKey;
  seed.seed += 1;
  step.train_step += 1;
  EXPECT_LT(std::abs(Correlation(mask, MaskOf(sizes, seed))), 0.01);
  EXPECT_LT(std::abs(Correlation(mask, MaskOf(sizes, step))), 0.01);
  EXPECT_LT(std::abs(Correlation(mask, MaskOf(sizes, kKey, {.layer = 2, .site = kPlace.site}))),
            0.01);
  const DropoutPlace other_site = {.layer = 1, .site = DropoutSite::kFeedForward};
  EXPECT_LT(std::abs(Correlation(mask, MaskOf(sizes, kKey, other_site))), 0.01);
}

TEST(DropoutTest, NeighboringTokensChannelsAndChainsAreIndependent) {
  const at::Tensor mask = MaskOf({8, 256, 128}, kKey);
  for (const int64_t dim : {0, 1, 2}) {
    for (const int64_t distance : {1, 2, 4}) {
      EXPECT_LT(std::abs(Correlation(mask, mask.roll(distance, dim))), 0.01)
          << "dim " << dim << ", distance " << distance;
    }
  }
}

TEST(DropoutTest, MaskIsAFunctionOfGlobalPlaceAlone) {
  const at::Tensor whole = MaskOf({4, 60, 16}, kKey);
  DropoutKey some_tokens = kKey, later_chains = kKey;
  some_tokens.position_T = at::tensor({3, 4, 17, 58, 59}, at::kLong);
  later_chains.first_chain = 3;
  EXPECT_TRUE(
      at::equal(whole.index_select(1, some_tokens.position_T), MaskOf({4, 5, 16}, some_tokens)));
  EXPECT_TRUE(at::equal(whole.narrow(0, 3, 1), MaskOf({1, 60, 16}, later_chains)));
}

TEST(DropoutTest, MaskDoesNotDependOnTheNumberOfThreads) {
  const int num_threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor alone = MaskOf({8, 300, 64}, kKey);
  at::set_num_threads(3);
  const at::Tensor together = MaskOf({8, 300, 64}, kKey);
  at::set_num_threads(num_threads);
  EXPECT_TRUE(at::equal(alone, together));
}

TEST(DropoutTest, GradientPassesWhereValuesDo) {
  const at::Tensor x = at::full({2, 30, 8}, 3.0).requires_grad_();
  const at::Tensor residual = at::full({2, 30, 8}, 5.0).requires_grad_();
  const at::Tensor out = AddDropout(residual, x, kProbability, &kKey, kPlace);
  out.backward(at::full({2, 30, 8}, 2.0));
  const at::Tensor mask = MaskOf({2, 30, 8}, kKey);
  EXPECT_TRUE(at::allclose(out, mask * (3.0 / 0.9) + 5.0));
  EXPECT_TRUE(at::allclose(x.grad(), mask * (2.0 / 0.9)));
  EXPECT_TRUE(at::equal(residual.grad(), at::full({2, 30, 8}, 2.0)));
}

TEST(DropoutTest, NothingIsDroppedWithoutAKeyOrProbability) {
  const at::Tensor x = at::ones({1, 4, 8});
  EXPECT_TRUE(Dropout(x, kProbability, nullptr, kPlace).is_same(x));
  EXPECT_TRUE(Dropout(x, 0.0, &kKey, kPlace).is_same(x));
  EXPECT_TRUE(at::equal(AddDropout(x, x, kProbability, nullptr, kPlace), x + x));
}

TEST(DropoutTest, StridedInputsAreReadAsTheyAre) {
  const at::Tensor x = at::full({2, 8, 16}, 1.0).cumsum(1).transpose(1, 2);  // (2, 16, 8), strided
  EXPECT_TRUE(at::equal(Dropout(x, kProbability, &kKey, kPlace),
                        Dropout(x.contiguous(), kProbability, &kKey, kPlace)));
}

TEST(DropoutTest, ImpossibleProbabilitiesAreRefused) {
  EXPECT_THROW(Dropout(at::ones({1, 1, 1}), 1.0, &kKey, kPlace), c10::ValueError);
  EXPECT_THROW(Dropout(at::ones({1, 1, 1}), -0.1, &kKey, kPlace), c10::ValueError);
}

}  // namespace
}  // namespace models
