#include "models/mlp_actor.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace models {
namespace {

TEST(MlpActorTest, MeanActionsAreInsideTheUnitIntervalAndDifferentiable) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(301);
  MlpActor actor({.observation_dim = 3, .action_dim = 2, .hidden_dim = 8}, generator);
  const at::Tensor action_BA = actor.MeanAction(at::randn({5, 3}, generator));
  EXPECT_EQ(action_BA.sizes(), at::IntArrayRef({5, 2}));
  EXPECT_LT(action_BA.abs().max().item<double>(), 1);
  action_BA.sum().backward();
  for (const at::Tensor& parameter : actor.parameters()) EXPECT_TRUE(parameter.grad().defined());
}

TEST(MlpActorTest, AGaussianHeadGivesADistributionAndActsWithItsSquashedMean) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(301);
  MlpActorOptions options{
      .observation_dim = 3, .action_dim = 2, .hidden_dim = 8, .head = ActorHead::kGaussian};
  const MlpActor actor(options, generator);
  const at::Tensor observation_BO = at::randn({5, 3}, generator);
  const Gaussian gaussian = actor.Distribution(observation_BO);
  EXPECT_EQ(gaussian.log_std_BA.sizes(), at::IntArrayRef({5, 2}));
  EXPECT_TRUE(at::equal(actor.MeanAction(observation_BO), gaussian.mean_BA.tanh()));
  options.bound_mean = true;
  at::Generator same = at::make_generator<at::CPUGeneratorImpl>(301);
  const MlpActor bounded(options, same);
  EXPECT_TRUE(at::equal(bounded.Distribution(observation_BO).mean_BA, gaussian.mean_BA.tanh()));
}

TEST(MlpActorTest, TheLogDeviationIsClamped) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(301);
  MlpActor actor(
      {.observation_dim = 3, .action_dim = 1, .hidden_dim = 8, .head = ActorHead::kGaussian},
      generator);
  const at::NoGradGuard no_grad;
  at::Tensor bias = actor.named_parameters()["mlp.output.bias"];
  for (const double far : {-100.0, 100.0}) {
    bias.fill_(far);
    const at::Tensor log_std_BA = actor.Distribution(at::zeros({1, 3})).log_std_BA;
    EXPECT_EQ(log_std_BA.item<double>(), far < 0 ? -10 : 2);
  }
}

TEST(MlpActorTest, AMeanHeadHasNoDistribution) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(301);
  const MlpActor actor({.observation_dim = 3, .action_dim = 2, .hidden_dim = 8}, generator);
  EXPECT_THROW(actor.Distribution(at::zeros({5, 3})), c10::Error);
}

TEST(MlpActorTest, ObservationsOfAnotherDomainAreRefused) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(301);
  const MlpActor actor({.observation_dim = 3, .action_dim = 2, .hidden_dim = 8}, generator);
  EXPECT_THROW(actor.MeanAction(at::zeros({5, 4})), c10::ValueError);
}

}  // namespace
}  // namespace models
