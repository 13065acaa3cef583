#include "models/packed_matrix.h"

#include "tests/models/random_context.h"
#include "tests/support/tolerance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <gtest/gtest.h>

namespace models {
namespace {

double RelativeError(const at::Tensor& ours, const at::Tensor& expected) {
  return ((ours - expected).norm() / expected.norm()).item<double>();
}

at::Tensor Product(const PackedMatrix& packed, const at::Tensor& a) {
  at::Tensor c = at::empty({a.size(0), packed.columns()}, at::kFloat);
  packed.Multiply(a.const_data_ptr<float>(), a.stride(0), a.size(0), c.data_ptr<float>(),
                  c.stride(0));
  return c;
}

// Fewer columns than a panel, a whole tile, a tile and a bit; a depth in one block and in two.
TEST(PackedMatrixTest, MultipliesAsTheLibraryDoesBothWays) {
  const at::Generator generator = MakeGenerator(301);
  for (const int64_t outputs : {1, 32, 70}) {
    for (const int64_t inputs : {3, 64, 300}) {
      const at::Tensor weight = at::randn({outputs, inputs}, generator);
      const at::Tensor x = at::randn({37, inputs}, generator);
      const at::Tensor grad = at::randn({37, outputs}, generator);
      // float32 sums of at most 300 terms taken in another order.
      EXPECT_LT(RelativeError(Product(PackedMatrix::ForOutputs(weight), x), at::mm(x, weight.t())),
                tests::Tolerance(1e-6))
          << outputs << " x " << inputs;
      EXPECT_LT(RelativeError(Product(PackedMatrix::ForInputs(weight), grad), at::mm(grad, weight)),
                tests::Tolerance(1e-6))
          << outputs << " x " << inputs;
    }
  }
}

}  // namespace
}  // namespace models
