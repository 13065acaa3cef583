#include "ring/kernel/tile_product.h"

#include "tests/ring/random_tensors.h"
#include "tests/support/tolerance.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/matmul.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace ring {
namespace {

constexpr ProcessorLevel kLevels[] = {ProcessorLevel::kBaseline, ProcessorLevel::kV3,
                                      ProcessorLevel::kV4};

// B (depth x columns) in panels.
template <typename T>
std::vector<T> Pack(const at::Tensor& b) {
  const int64_t depth = b.size(0), columns = b.size(1);
  std::vector<T> panels(static_cast<size_t>(depth * PadToLanes<T>(columns)), T{0});
  for (int64_t d = 0; d < depth; ++d) {
    for (int64_t n = 0; n < columns; ++n) {
      const int64_t place = (n / kLanes<T> * depth + d) * kLanes<T> + n % kLanes<T>;
      panels[static_cast<size_t>(place)] = b[d][n].item<T>();
    }
  }
  return panels;
}

// C + A B or A B, in the middle of a larger matrix whose border must not change.
template <typename T>
void ExpectProduct(ProcessorLevel level, int64_t rows, int64_t depth, int64_t columns) {
  const at::ScalarType type = c10::CppTypeToScalarType<T>::value;
  RandomTensors random(301);
  const at::Tensor a = random.Normal({rows, depth}, type);
  const at::Tensor b = random.Normal({depth, columns}, type);
  const std::vector<T> panels = Pack<T>(b);
  for (const bool transposed : {false, true}) {
    for (const bool add : {false, true}) {
      at::Tensor c = at::full({rows + 2, columns + 2}, 7, type);
      const at::Tensor expected = c.clone();
      const at::Tensor inside = expected.narrow(0, 1, rows).narrow(1, 1, columns);
      inside.copy_(at::matmul(a.to(at::kDouble), b.to(at::kDouble)) + (add ? 7 : 0));
      const at::Tensor left = transposed ? a.t().contiguous() : a;
      Multiply(TileProduct<T>{.rows = rows,
                              .depth = depth,
                              .columns = columns,
                              .a = left.const_data_ptr<T>(),
                              .a_row_stride = transposed ? 1 : depth,
                              .a_depth_stride = transposed ? rows : 1,
                              .b = panels.data(),
                              .b_panel_stride = depth * kLanes<T>,
                              .c = c.mutable_data_ptr<T>() + columns + 3,
                              .c_row_stride = columns + 2,
                              .add = add},
               level);
      // A sum of `depth` rounded products is off by a few ulp of its largest terms.
      const double tolerance = tests::Tolerance(sizeof(T) == 8 ? 1e-14 : 1e-6);
      EXPECT_LT(RelativeError(c, expected), tolerance)
          << rows << " x " << depth << " x " << columns << ", transposed " << transposed;
      c.narrow(0, 1, rows).narrow(1, 1, columns).fill_(7);
      EXPECT_TRUE(at::equal(c, at::full_like(c, 7))) << "wrote outside of C";
    }
  }
}

TEST(TileProductTest, AMatrixInRowsGivesTheBitsOfPanels) {
  constexpr int64_t kRows = 21, kDepth = 9, kColumns = 3 * kLanes<float>, kStride = kColumns + 5;
  RandomTensors random(301);
  const at::Tensor a = random.Normal({kRows, kDepth});
  const at::Tensor wide = random.Normal({kDepth, kStride});
  const at::Tensor b = wide.narrow(1, 0, kColumns);
  const std::vector<float> panels = Pack<float>(b);
  for (const ProcessorLevel level : kLevels) {
    if (!RunsHere(level)) continue;
    const at::Tensor from_panels = at::full({kRows, kColumns}, 7, at::kFloat),
                     from_rows = from_panels.clone();
    TileProduct<float> product = {.rows = kRows,
                                  .depth = kDepth,
                                  .columns = kColumns,
                                  .a = a.const_data_ptr<float>(),
                                  .a_row_stride = kDepth,
                                  .b = panels.data(),
                                  .b_panel_stride = kDepth * kLanes<float>,
                                  .c = from_panels.mutable_data_ptr<float>(),
                                  .c_row_stride = kColumns};
    Multiply(product, level);
    product.b = b.const_data_ptr<float>();
    product.b_panel_stride = kLanes<float>;
    product.b_row_stride = kStride;
    product.c = from_rows.mutable_data_ptr<float>();
    Multiply(product, level);
    EXPECT_TRUE(at::equal(from_rows, from_panels)) << static_cast<int>(level);
  }
}

TEST(TileProductTest, EveryProcessorLevelComputesEveryShape) {
  for (const ProcessorLevel level : kLevels) {
    if (!RunsHere(level)) continue;
    SCOPED_TRACE("level " + std::to_string(static_cast<int>(level)));
    for (int64_t rows = 1; rows <= 19; ++rows) {
      ExpectProduct<float>(level, rows, 5, 16);
      ExpectProduct<float>(level, rows, 5, 32);
    }
    for (const int64_t columns : {1, 7, 8, 15, 16, 17, 32, 40, 72}) {
      ExpectProduct<float>(level, 13, 33, columns);
      ExpectProduct<double>(level, 13, 33, columns);
    }
    ExpectProduct<double>(level, 16, 300, 8);
    ExpectProduct<float>(level, 96, 128, 64);
  }
}

TEST(TileProductTest, NoDepthIsAnEmptySum) {
  float c[16], b[1] = {};
  std::fill(std::begin(c), std::end(c), 3.0F);
  TileProduct<float> product = {.rows = 1, .columns = 16, .a = b, .b = b, .c = c, .add = true};
  Multiply(product);
  EXPECT_EQ(c[15], 3.0F);
  product.add = false;
  Multiply(product);
  EXPECT_EQ(c[15], 0.0F);
}

}  // namespace
}  // namespace ring
