#include "models/row_arithmetic.h"

#include "tests/models/random_context.h"
#include "tests/support/tolerance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <gtest/gtest.h>

namespace models {
namespace {

constexpr int64_t kRows = 3;

double MaxDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

// Sizes below, at and beyond whole vectors.
TEST(RowNormTest, EqualsTheLibrarysLayerNorm) {
  at::Generator generator = MakeGenerator(301);
  for (const int64_t size : {1, 7, 16, 72, 128}) {
    const at::Tensor x = at::randn({kRows, size}, generator) * 3 + 100;
    const at::Tensor weight = at::randn({size}, generator), bias = at::randn({size}, generator);
    const at::Tensor y = x.clone();
    RowNorm(weight, bias)
        .Apply(kRows, {y.const_data_ptr<float>(), size}, {y.mutable_data_ptr<float>(), size});
    // 100 keeps five decimals in float32.
    EXPECT_LE(MaxDifference(y, at::layer_norm(x, {size}, weight, bias)), tests::Tolerance(2e-4));
  }
}

TEST(ActivateTest, EqualsTheLibrarysActivationsInItsColumnsOnly) {
  at::Generator generator = MakeGenerator(301);
  const at::Tensor x = at::randn({kRows, 50}, generator) * 20;  // far enough for both tails
  for (const Activation activation : {Activation::kRelu, Activation::kGelu}) {
    at::Tensor y = x.clone();
    Activate(activation, kRows, /*begin=*/3, /*end=*/42, {y.mutable_data_ptr<float>(), 50});
    at::Tensor expected = x.clone();
    const at::Tensor changed = x.narrow(1, 3, 39);
    expected.narrow(1, 3, 39).copy_(activation == Activation::kRelu ? changed.relu()
                                                                    : at::gelu(changed, "tanh"));
    EXPECT_LE(MaxDifference(y, expected), tests::Tolerance(1e-5)) << ToString(activation);
  }
}

}  // namespace
}  // namespace models
