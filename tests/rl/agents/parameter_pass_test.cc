#include "rl/agents/parameter_pass.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

namespace rl {
namespace {

// Less than a vector, several pieces with a rest, and nothing.
std::vector<at::Tensor> Random(uint64_t seed) {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return {at::randn({3}, generator), at::randn({300, 333}, generator), at::randn({0}, generator),
          at::randn({17, 5}, generator)};
}

TEST(ParameterPassTest, TheSumOfSquaresIsThatOfAllTensors) {
  double expected = 0;
  for (const at::Tensor& x : Random(301)) {
    expected += x.to(at::kDouble).square().sum().item<double>();
  }
  EXPECT_NEAR(SumOfSquares(Random(301)) / expected, 1, 1e-6);
}

TEST(ParameterPassTest, MovingTowardsIsALerp) {
  const std::vector<at::Tensor> from = Random(301), to = Random(302), moved = Random(301);
  MoveTowards(moved, to, 0.25);
  for (size_t i = 0; i < moved.size(); ++i) {
    EXPECT_TRUE(at::allclose(moved[i], at::lerp(from[i], to[i], 0.25), 1e-6, 1e-6));
  }
}

TEST(ParameterPassTest, NothingDependsOnTheNumberOfThreads) {
  const int num_threads = at::get_num_threads();
  std::vector<std::vector<at::Tensor>> results;
  std::vector<double> sums;
  for (const int threads : {1, 3}) {
    at::set_num_threads(threads);
    const std::vector<at::Tensor> parameters = Random(301), gradients = Random(302);
    std::vector<at::Tensor> means, squares;
    for (const at::Tensor& parameter : parameters) {
      means.push_back(at::zeros_like(parameter));
      squares.push_back(at::zeros_like(parameter));
    }
    RunAdamW({.learning_rate = 0.1,
              .beta1 = 0.9,
              .beta2 = 0.999,
              .epsilon = 1e-8,
              .update = 1,
              .gradient_scale = 0.5,
              .weight_decays = {0, 0.1, 0, 0.2}},
             parameters, gradients, means, squares);
    results.push_back(parameters);
    sums.push_back(SumOfSquares(parameters));
  }
  at::set_num_threads(num_threads);
  EXPECT_EQ(sums[0], sums[1]);
  for (size_t i = 0; i < results[0].size(); ++i) {
    EXPECT_TRUE(at::equal(results[0][i], results[1][i])) << i;
  }
}

}  // namespace
}  // namespace rl
