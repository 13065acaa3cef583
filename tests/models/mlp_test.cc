#include "models/mlp.h"

#include "tests/support/tolerance.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace models {
namespace {

at::Generator Generator(uint64_t seed) { return at::make_generator<at::CPUGeneratorImpl>(seed); }

TEST(MlpTest, TheShorterSideOfARandomOrthogonalMatrixIsOrthonormal) {
  at::Generator generator = Generator(301);
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{7, 3}, {3, 7}, {5, 5}, {1, 4}}) {
    const at::Tensor matrix = RandomOrthogonal(rows, columns, generator);
    ASSERT_EQ(matrix.sizes(), at::IntArrayRef({rows, columns}));
    const at::Tensor tall = rows < columns ? matrix.t() : matrix;
    const at::Tensor gram = at::matmul(tall.t(), tall);
    EXPECT_LT((gram - at::eye(gram.size(0))).abs().max().item<double>(), 1e-6);
  }
}

// Without the correction of signs a QR decomposition would make most diagonals negative.
TEST(MlpTest, RandomOrthogonalMatricesPreferNoDirection) {
  at::Generator generator = Generator(301);
  double sum = 0;
  for (int i = 0; i < 400; ++i) sum += RandomOrthogonal(3, 3, generator)[0][0].item<double>();
  EXPECT_NEAR(sum / 400, 0, 0.1);  // one element has a variance of 1/3: a standard error of 0.029
}

TEST(MlpTest, EqualGeneratorsGiveEqualNetworksWithBiasesOfZero) {
  const MlpOptions options{.input_dim = 3, .output_dim = 2, .hidden_dim = 8};
  at::Generator one = Generator(301), same = Generator(301), other = Generator(302);
  const Mlp a(options, one), b(options, same), c(options, other);
  const at::Tensor x = at::randn({5, 3}, Generator(1));
  EXPECT_TRUE(at::equal(a.Forward(x), b.Forward(x)));
  EXPECT_FALSE(at::equal(a.Forward(x), c.Forward(x)));
  for (const auto& item : a.named_parameters()) {
    if (!item.key().ends_with("bias")) continue;
    EXPECT_EQ(item.value().abs().max().item<double>(), 0) << item.key();
  }
}

TEST(MlpTest, ScaleAndOffsetOfTheFirstLayerAreNormalizedAway) {
  at::Generator generator = Generator(301);
  const Mlp mlp({.input_dim = 3, .output_dim = 2, .hidden_dim = 8}, generator);
  const at::Tensor x = at::randn({5, 3}, Generator(1));
  EXPECT_LT((mlp.Forward(100 * x) - mlp.Forward(10 * x)).abs().max().item<double>(), 1e-4);
}

at::Tensor Textbook(const Mlp& mlp, const at::Tensor& x, const std::vector<at::Tensor>& wide) {
  const auto names = mlp.named_parameters().keys();
  const auto at = [&](const std::string& name) {
    return wide[std::ranges::find(names, name) - names.begin()];
  };
  at::Tensor y = at::linear(x, at("input.weight"), at("input.bias"));
  y = at::layer_norm(y, {y.size(-1)}, at("norm.weight"), at("norm.bias")).tanh();
  y = at::linear(y, at("hidden.weight"), at("hidden.bias")).relu();
  return at::linear(y, at("output.weight"), at("output.bias"));
}

double RelativeError(const at::Tensor& ours, const at::Tensor& expected) {
  return ((ours - expected).norm() / expected.norm()).item<double>();
}

// The perceptron written in plain operations, in double precision. 70 rows are two blocks, one of
// them cut; 40 hidden units no multiple of a panel; half the rows have a gradient of zero.
TEST(MlpTest, ResultAndGradientsEqualTheTextbooks) {
  at::Generator generator = Generator(301);
  for (const int64_t outputs : {1, 5}) {
    const Mlp mlp({.input_dim = 7, .output_dim = outputs, .hidden_dim = 40}, generator);
    std::vector<at::Tensor> own = mlp.parameters(), wide;
    for (at::Tensor& parameter : own) {
      at::NoGradGuard no_grad;
      parameter.add_(at::randn(parameter.sizes(), generator), 0.2);
    }
    for (const at::Tensor& parameter : own) {
      wide.push_back(parameter.detach().to(at::kDouble).requires_grad_());
    }
    const at::Tensor x = at::randn({70, 7}, generator).requires_grad_();
    at::Tensor grad = at::randn({70, outputs}, generator);
    grad.narrow(0, 10, 35).zero_();
    const at::Tensor wide_x = x.detach().to(at::kDouble).requires_grad_();
    const at::Tensor y = mlp.Forward(x), expected = Textbook(mlp, wide_x, wide);
    EXPECT_LT(RelativeError(y, expected), tests::Tolerance(2e-6));
    {
      const at::NoGradGuard no_grad;  // nothing recorded, and the few rows of acting
      EXPECT_LT(RelativeError(mlp.Forward(x), expected), tests::Tolerance(2e-6));
      EXPECT_LT(RelativeError(mlp.Forward(x.narrow(0, 0, 3)), expected.narrow(0, 0, 3)),
                tests::Tolerance(2e-6));
    }

    wide.push_back(wide_x);
    own.push_back(x);
    const auto gradients = torch::autograd::grad({expected}, wide, {grad.to(at::kDouble)});
    // Of the input alone first: weights then count as fixed.
    const auto of_input = torch::autograd::grad({y}, {x}, {grad}, /*retain_graph=*/true);
    EXPECT_LT(RelativeError(of_input[0], gradients.back()), tests::Tolerance(1e-5));
    const auto of_all = torch::autograd::grad({y}, own, {grad});
    for (size_t i = 0; i < own.size(); ++i) {
      EXPECT_LT(RelativeError(of_all[i], gradients[i]), tests::Tolerance(1e-5)) << i;
    }
  }
}

TEST(MlpTest, ImpossibleShapesAreRefused) {
  at::Generator generator = Generator(301);
  EXPECT_THROW(Mlp({.input_dim = 0, .output_dim = 1}, generator), c10::ValueError);
}

}  // namespace
}  // namespace models
