#include "ring/kernel/token_rows.h"

#include "ring/kernel/tile_product.h"
#include "tests/ring/random_tensors.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace ring {
namespace {

at::Tensor AsTensor(const Rows<float>& rows, int64_t count, int64_t head_dim) {
  return at::from_blob(const_cast<float*>(rows.data), {count, head_dim}, {rows.stride, 1},
                       at::dtype(at::kFloat));
}

TEST(TokenRowsTest, RowsOfTheRightTypeStayWhereTheyAre) {
  RandomTensors random(301);
  const at::Tensor x = random.NormalByToken({2, 3, 10, 8});
  std::vector<float> scratch(80);
  const Rows<float> rows = ReadRows(HeadOf(x, 1, 2), 4, 5, at::kFloat, scratch.data());
  EXPECT_EQ(rows.data, x[1][2][4].const_data_ptr<float>());
  EXPECT_TRUE(at::equal(AsTensor(rows, 5, 8), x[1][2].narrow(0, 4, 5)));
}

TEST(TokenRowsTest, DistantRowsAreCopiedTogether) {
  RandomTensors random(301);
  const at::Tensor x = random.NormalByToken({1, 64, 10, 8});
  std::vector<float> scratch(80);
  const Rows<float> rows = ReadRows(HeadOf(x, 0, 63), 2, 7, at::kFloat, scratch.data());
  EXPECT_EQ(rows.data, scratch.data());
  EXPECT_TRUE(at::equal(AsTensor(rows, 7, 8), x[0][63].narrow(0, 2, 7)));
}

TEST(TokenRowsTest, EveryTypeIsConvertedAsATenDoes) {
  RandomTensors random(301);
  std::vector<float> scratch(33 * 20);
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kBFloat16}) {
    const at::Tensor x = random.Normal({1, 1, 20, 33}, type);
    const TokenMatrix head = HeadOf(x, 0, 0);
    const Rows<float> plain = ReadRows(head, 0, 20, at::kFloat, scratch.data());
    EXPECT_TRUE(at::equal(AsTensor(plain, 20, 33), x[0][0].to(at::kFloat))) << type;
    const Rows<float> rounded = ReadRows(head, 0, 20, at::kBFloat16, scratch.data());
    const at::Tensor expected = x[0][0].to(at::kFloat).to(at::kBFloat16).to(at::kFloat);
    EXPECT_TRUE(at::equal(AsTensor(rounded, 20, 33), expected)) << type;
    std::vector<double> wide(33 * 20);
    const Rows<double> exact = ReadRows(head, 19, 1, at::kDouble, wide.data());
    EXPECT_EQ(exact.data[32], x[0][0][19][32].item<double>()) << type;
  }
}

TEST(TokenRowsTest, RoundingKeepsInfinitiesAndNaNs) {
  const float infinity = std::numeric_limits<float>::infinity();
  float values[] = {infinity, -infinity, std::nanf("1"), 3.3e38F, -0.0F};
  const TokenMatrix x = {.data = values, .type = at::kFloat, .token_stride = 5, .head_dim = 5};
  float rounded[5];
  ReadRows(x, 0, 1, at::kBFloat16, rounded);
  EXPECT_EQ(rounded[0], infinity);
  EXPECT_EQ(rounded[1], -infinity);
  EXPECT_TRUE(std::isnan(rounded[2]));
  EXPECT_NEAR(rounded[3], 3.3e38F, 2e36F);
  EXPECT_TRUE(std::signbit(rounded[4]));
}

TEST(TokenRowsTest, PanelsHoldEveryNumberOnceAndZerosBeyond) {
  constexpr int64_t kTokens = 19, kDim = 21;
  RandomTensors random(301);
  const at::Tensor x = random.Normal({kTokens, kDim});
  const Rows<float> rows = {.data = x.const_data_ptr<float>(), .stride = kDim};
  constexpr int64_t kWide = kScoreLanes<float>, kDeep = PadToLanes<float>(kDim);
  std::vector<float> by_token(kWide * kDim, -1.0F), by_channel(kTokens * kDeep, -1.0F);
  PackTokenColumns(rows, kTokens, kDim, by_token.data());
  PackChannelColumns(rows, kTokens, kDim, by_channel.data());
  const auto at = [](const std::vector<float>& panels, int64_t row, int64_t column,
                     int64_t num_rows) {
    const int64_t lanes = kLanes<float>;
    return panels[static_cast<size_t>((column / lanes * num_rows + row) * lanes + column % lanes)];
  };
  const auto value = [&](int64_t token, int64_t d) {
    return token < kTokens && d < kDim ? x[token][d].item<float>() : 0.0F;
  };
  for (int64_t token = 0; token < kWide; ++token) {
    for (int64_t d = 0; d < kDim; ++d) ASSERT_EQ(at(by_token, d, token, kDim), value(token, d));
  }
  for (int64_t token = 0; token < kTokens; ++token) {
    for (int64_t d = 0; d < kDeep; ++d) {
      ASSERT_EQ(at(by_channel, token, d, kTokens), value(token, d));
    }
  }
}

TEST(TokenRowsTest, RowsThatFillPanelsAreReadAsTheyAre) {
  RandomTensors random(301);
  for (const int64_t head_dim : {int64_t{15}, 2 * kLanes<float>}) {
    constexpr int64_t kTokens = 5;
    const at::Tensor x = random.Normal({kTokens, head_dim + 3});
    const Rows<float> rows = {.data = x.const_data_ptr<float>(), .stride = head_dim + 3};
    std::vector<float> scratch(static_cast<size_t>(kTokens * PadToLanes<float>(head_dim)));
    const ChannelPanels<float> panels = ReadChannels(rows, kTokens, head_dim, scratch.data());
    EXPECT_EQ(panels.data == rows.data, FillsPanels<float>(head_dim));
    for (int64_t token = 0; token < kTokens; ++token) {
      for (int64_t d = 0; d < head_dim; ++d) {
        const int64_t panel = d / kLanes<float> * panels.panel_stride;
        ASSERT_EQ(panels.data[panel + token * panels.row_stride + d % kLanes<float>],
                  x[token][d].item<float>());
      }
    }
  }
}

}  // namespace
}  // namespace ring
