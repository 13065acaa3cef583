#include "rl/agents/optimizer.h"

#include "tests/support/tolerance.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/optim/adamw.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

at::Tensor Random(at::IntArrayRef shape, uint64_t seed) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed));
}

NamedTensors Parameters() {
  NamedTensors parameters{{"layer.weight", Random({5, 3}, 1)},
                          {"layer.bias", Random({5}, 2)},
                          {"step_embedding", Random({7, 3}, 3)}};
  for (auto& [name, parameter] : parameters) parameter.requires_grad_();
  return parameters;
}

// Gradients of update `update`, the same for every optimizer.
void SetGradients(const NamedTensors& parameters, int update) {
  uint64_t seed = 100 * update;
  for (const auto& [name, parameter] : parameters) {
    parameter.mutable_grad() = Random(parameter.sizes(), ++seed);
  }
}

TEST(AdamWTest, EqualsLibTorchsOptimizerWithTwoDecayGroups) {
  const NamedTensors ours = Parameters();
  const NamedTensors theirs = Parameters();
  const OptimizerOptions options{.beta2 = 0.95, .weight_decay = 0.1, .gradient_clip = 0};
  AdamW optimizer(ours, options);
  const auto group = [&](std::vector<at::Tensor> tensors, double decay) {
    auto group_options = std::make_unique<torch::optim::AdamWOptions>(0.01);
    group_options->betas({0.9, 0.95}).weight_decay(decay);
    return torch::optim::OptimizerParamGroup(std::move(tensors), std::move(group_options));
  };
  torch::optim::AdamW oracle(std::vector<torch::optim::OptimizerParamGroup>{
      group({theirs.at("layer.weight")}, 0.1),
      group({theirs.at("layer.bias"), theirs.at("step_embedding")}, 0)});
  for (int update = 1; update <= 20; ++update) {
    SetGradients(ours, update);
    SetGradients(theirs, update);
    optimizer.Step(0.01);
    oracle.step();
  }
  for (const auto& [name, parameter] : ours) {
    // Twenty updates of 0.01 in float32, each rounded a few times.
    EXPECT_LE((parameter - theirs.at(name)).abs().max().item<double>(), tests::Tolerance(2e-6))
        << name;
  }
}

TEST(AdamWTest, BiasesAndEmbeddingsDoNotDecay) {
  EXPECT_TRUE(Decays("layers.0.attention.weight", at::full({2, 2}, 1.0)));
  EXPECT_FALSE(Decays("layers.0.attention.bias", at::full({2}, 1.0)));
  EXPECT_FALSE(Decays("step_embedding", at::full({2, 2}, 1.0)));
}

// Adam does not feel the scale of one gradient, but its moments do.
TEST(AdamWTest, LongGradientsAreShortenedTogetherToTheClippingNorm) {
  const NamedTensors parameters = Parameters();
  AdamW optimizer(parameters, {.gradient_clip = 0.5});
  double sum_of_squares = 0;
  NamedTensors gradients;
  SetGradients(parameters, 1);
  for (const auto& [name, parameter] : parameters) {
    gradients[name] = parameter.grad().clone();
    sum_of_squares += std::pow(parameter.grad().norm().item<double>(), 2);
  }
  const double norm = std::sqrt(sum_of_squares);
  EXPECT_NEAR(optimizer.Step(0.01), norm, tests::Tolerance(1e-5)) << "the norm before clipping";
  for (const auto& [name, gradient] : gradients) {
    const at::Tensor expected = gradient * (0.1 * 0.5 / norm);
    EXPECT_LE(
        (optimizer.State().at("optimizer.mean." + name) - expected).abs().max().item<double>(),
        tests::Tolerance(1e-7));
  }
}

TEST(AdamWTest, ShortGradientsAreLeftAlone) {
  const NamedTensors parameters = Parameters();
  AdamW optimizer(parameters, {.gradient_clip = 1e6});
  SetGradients(parameters, 1);
  const at::Tensor gradient = parameters.at("layer.bias").grad().clone();
  optimizer.Step(0.01);
  EXPECT_LE((optimizer.State().at("optimizer.mean.layer.bias") - gradient * 0.1)
                .abs()
                .max()
                .item<double>(),
            tests::Tolerance(1e-7));
}

TEST(AdamWTest, AGradientThatIsNotFiniteIsRefusedAndChangesNothing) {
  const NamedTensors parameters = Parameters();
  AdamW optimizer(parameters, {});
  SetGradients(parameters, 1);
  parameters.at("layer.bias").mutable_grad()[2] = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor before = parameters.at("layer.weight").detach().clone();
  EXPECT_THAT([&] { optimizer.Step(0.01); },
              ThrowsMessage<c10::Error>(HasSubstr("the gradient's norm is nan")));
  EXPECT_TRUE(at::equal(parameters.at("layer.weight"), before));
  EXPECT_EQ(optimizer.num_updates(), 0);
}

TEST(AdamWTest, ARestoredStateContinuesBitForBit) {
  const NamedTensors a = Parameters();
  AdamW uninterrupted(a, {});
  for (int update = 1; update <= 3; ++update) {
    SetGradients(a, update);
    uninterrupted.Step(0.01);
  }
  NamedTensors state;
  for (const auto& [name, tensor] : uninterrupted.State()) state[name] = tensor.clone();
  const NamedTensors b = Parameters();
  CopyTensors(a, b, "the test's copy");
  AdamW resumed(b, {});
  resumed.LoadState(state, uninterrupted.num_updates());
  for (int update = 4; update <= 6; ++update) {
    for (const NamedTensors* parameters : {&a, &b}) SetGradients(*parameters, update);
    uninterrupted.Step(0.01);
    resumed.Step(0.01);
  }
  for (const auto& [name, parameter] : a) EXPECT_TRUE(at::equal(parameter, b.at(name))) << name;
}

}  // namespace
}  // namespace rl
