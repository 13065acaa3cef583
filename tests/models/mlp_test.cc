#include "models/mlp.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <utility>

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

TEST(MlpTest, ImpossibleShapesAreRefused) {
  at::Generator generator = Generator(301);
  EXPECT_THROW(Mlp({.input_dim = 0, .output_dim = 1}, generator), c10::ValueError);
}

}  // namespace
}  // namespace models
