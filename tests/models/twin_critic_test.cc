#include "models/twin_critic.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace models {
namespace {

TEST(TwinCriticTest, TheTwoEstimatesAreIndependentAndOnePerAction) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(301);
  const TwinCritic critic({.observation_dim = 3, .action_dim = 2, .hidden_dim = 8}, generator);
  const at::Tensor observation = at::randn({4, 5, 3}, generator);
  const at::Tensor action = at::randn({4, 5, 2}, generator);
  const QValues q = critic.Forward(observation, action);
  EXPECT_EQ(q.first.sizes(), at::IntArrayRef({4, 5}));
  EXPECT_EQ(q.second.sizes(), at::IntArrayRef({4, 5}));
  EXPECT_GT((q.first - q.second).abs().min().item<double>(), 0);
  const QValues one = critic.Forward(observation[1], action[1]);
  EXPECT_LT((one.first - q.first[1]).abs().max().item<double>(), 1e-6);
}

TEST(TwinCriticTest, MinIsTakenElementByElement) {
  const QValues q{.first = at::tensor({1.0F, 5.0F}), .second = at::tensor({2.0F, 3.0F})};
  EXPECT_TRUE(at::equal(q.Min(), at::tensor({1.0F, 3.0F})));
}

}  // namespace
}  // namespace models
