#include "models/packed_linear.h"

#include "tests/models/random_context.h"
#include "tests/support/tolerance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <utility>

namespace models {
namespace {

constexpr int64_t kRows = 5;

// Inputs and outputs that are and are not whole panels, and more than one piece.
TEST(PackedLinearTest, EqualsTheLibrarysLinear) {
  at::Generator generator = MakeGenerator(301);
  for (const auto& [inputs, outputs] :
       {std::pair<int64_t, int64_t>{1, 1}, {2, 128}, {24, 72}, {128, 384}, {512, 128}, {128, 6}}) {
    const at::Tensor weight = at::randn({outputs, inputs}, generator);
    const at::Tensor bias = at::randn({outputs}, generator);
    const at::Tensor x = at::randn({kRows, inputs}, generator);
    const PackedLinear packed(weight, bias);
    at::Tensor y = at::full({kRows, outputs + 3}, 9.0);  // rows farther apart than they are long
    packed.ApplyAll(kRows, {x.const_data_ptr<float>(), inputs},
                    {y.mutable_data_ptr<float>(), outputs + 3});
    const at::Tensor expected = at::linear(x, weight, bias);
    const double scale = expected.abs().max().item<double>();
    EXPECT_LE((y.narrow(1, 0, outputs) - expected).abs().max().item<double>(),
              tests::Tolerance(2e-6) * scale)
        << inputs << " to " << outputs;
    EXPECT_TRUE(y.narrow(1, outputs, 3).eq(9.0).all().item<bool>()) << "wrote beyond its outputs";
  }
}

TEST(PackedLinearTest, PiecesCoverEveryOutputOnceAndMayAdd) {
  at::Generator generator = MakeGenerator(301);
  const at::Tensor weight = at::randn({384, 128}, generator), bias = at::randn({384}, generator);
  const at::Tensor x = at::randn({kRows, 128}, generator);
  const PackedLinear packed(weight, bias);
  ASSERT_GT(packed.num_pieces(), 1);
  EXPECT_EQ(packed.first_output(0), 0);
  EXPECT_EQ(packed.first_output(packed.num_pieces()), 384);
  at::Tensor y = at::full({kRows, 384}, 9.0);
  for (int64_t piece = packed.num_pieces() - 1; piece >= 0; --piece) {
    packed.Apply(piece, kRows, {x.const_data_ptr<float>(), 128}, {y.mutable_data_ptr<float>(), 384},
                 /*add=*/true);
  }
  EXPECT_LE((y - at::linear(x, weight, bias) - 9.0).abs().max().item<double>(),
            tests::Tolerance(1e-4));
}

TEST(PackedLinearTest, ABiasOfAnotherSizeIsRefused) {
  EXPECT_THROW(PackedLinear(at::full({3, 2}, 1.0), at::full({2}, 1.0)), c10::Error);
}

}  // namespace
}  // namespace models
