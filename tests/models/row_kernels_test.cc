#include "models/row_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace models {
namespace {

// 19 channels: a vector of 16 and three more.
std::vector<float> Ramp(float scale) {
  std::vector<float> x(19);
  for (size_t i = 0; i < x.size(); ++i) x[i] = scale * static_cast<float>(i % 7) - 1.0F;
  return x;
}

// All moments in double precision.
TEST(RowKernelsTest, ANormalisedRowHasTheMomentsOfItsAffine) {
  const std::vector<float> x = Ramp(1.5F), weight(19, 2.0F), bias(19, 0.5F);
  std::vector<float> out(19);
  const RowMoments moments =
      NormalizeRow(x.data(), {.weight = weight.data(), .bias = bias.data()}, 19, out.data());
  double mean = 0, variance = 0;
  for (const float value : x) mean += value / 19.0;
  for (const float value : x) variance += (value - mean) * (value - mean) / 19.0;
  EXPECT_NEAR(moments.mean, mean, 1e-6);
  EXPECT_NEAR(moments.inverse_std, 1 / std::sqrt(variance + 1e-5), 1e-6);
  for (int i = 0; i < 19; ++i) {
    EXPECT_NEAR(out[i], (x[i] - mean) / std::sqrt(variance + 1e-5) * 2 + 0.5, 2e-6);
  }
}

// A norm's result does not change when its input is shifted or scaled, so its gradient is
// orthogonal to both.
TEST(RowKernelsTest, ANormsGradientIsOrthogonalToShiftsAndScalings) {
  const std::vector<float> x = Ramp(0.7F), grad_out = Ramp(-0.3F), weight = Ramp(0.2F);
  std::vector<float> out(19), grad(19), weight_sum(19), bias_sum(19);
  const RowMoments moments =
      NormalizeRow(x.data(), {.weight = weight.data(), .bias = weight.data()}, 19, out.data());
  NormalizeRowBackward({.x = x.data(),
                        .grad_out = grad_out.data(),
                        .moments = moments,
                        .weight = weight.data(),
                        .residual = nullptr,
                        .grad_x = grad.data(),
                        .weight_sum = weight_sum.data(),
                        .bias_sum = bias_sum.data()},
                       19);
  double shift = 0, scaling = 0;
  for (int i = 0; i < 19; ++i) {
    shift += grad[i];
    scaling += grad[i] * (x[i] - moments.mean);
    EXPECT_FLOAT_EQ(bias_sum[i], grad_out[i]);
    EXPECT_NEAR(weight_sum[i], grad_out[i] * (x[i] - moments.mean) * moments.inverse_std, 1e-6);
  }
  EXPECT_NEAR(shift, 0, 1e-6);
  EXPECT_NEAR(scaling, 0, 1e-4);  // but for the 1e-5 in the norm's variance
}

TEST(RowKernelsTest, AReluPassesGradientsWhereItPassedValues) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> x = {-2, 3, nan, -1}, grad = {5, 6, 7, 8}, sum = {1, 1, 1, 1};
  const std::vector<float> bias = {1, 1, 1, 1};
  AddBiasRelu(bias.data(), 4, x.data());
  EXPECT_EQ(x[0], 0);
  EXPECT_EQ(x[1], 4);
  EXPECT_TRUE(std::isnan(x[2]));
  EXPECT_EQ(x[3], 0);
  ReluBackward(x.data(), 4, grad.data(), sum.data());
  EXPECT_EQ(grad, std::vector<float>({0, 6, 0, 0}));
  EXPECT_EQ(sum, std::vector<float>({1, 7, 1, 1}));
}

}  // namespace
}  // namespace models
