#include "models/row_kernels.h"

#include "ring/kernel/exp2.h"
#include "ring/kernel/processor_level.h"
#include "ring/kernel/vector.h"

#include <cmath>
#include <cstring>

namespace models {
namespace {

using Lanes = ring::Vector<float, 64>;
constexpr int64_t kNumLanes = ring::kVectorLanes<Lanes>;

[[gnu::always_inline]] inline float SumOfLanes(const Lanes& x) {
  float sum = 0;
  for (int64_t i = 0; i < kNumLanes; ++i) sum += x[i];
  return sum;
}

}  // namespace

RING_EVERY_CPU void NormalizeRowBy(const float* x, const RowMoments& moments,
                                   const NormAffine& affine, int64_t count, float* out) {
  const float mean = moments.mean, inverse_std = moments.inverse_std;
  const float* weight = affine.weight;
  const float* bias = affine.bias;
  for (int64_t i = 0; i < count; ++i) {
    out[i] = (x[i] - mean) * inverse_std * weight[i] + bias[i];
  }
}

RING_EVERY_CPU static RowMoments MomentsOf(const float* x, int64_t count) {
  const int64_t whole = count / kNumLanes * kNumLanes;
  Lanes lanes = {}, values;
  for (int64_t i = 0; i < whole; i += kNumLanes) {
    ring::Load(x + i, values);
    lanes += values;
  }
  float sum = SumOfLanes(lanes);
  for (int64_t i = whole; i < count; ++i) sum += x[i];
  const float mean = sum / static_cast<float>(count);
  lanes = Lanes{};
  for (int64_t i = 0; i < whole; i += kNumLanes) {
    ring::Load(x + i, values);
    values -= mean;
    lanes += values * values;
  }
  float squares = SumOfLanes(lanes);
  for (int64_t i = whole; i < count; ++i) squares += (x[i] - mean) * (x[i] - mean);
  return {.mean = mean,
          .inverse_std = 1.0F / std::sqrt(squares / static_cast<float>(count) + 1e-5F)};
}

RowMoments NormalizeRow(const float* x, const NormAffine& affine, int64_t count, float* out) {
  const RowMoments moments = MomentsOf(x, count);
  NormalizeRowBy(x, moments, affine, count, out);
  return moments;
}

// With y = (x - mean) * inverse_std and g = grad_out * weight:
//   grad_x = inverse_std * (g - mean(g) - y * mean(g * y))
RING_EVERY_CPU void NormalizeRowBackward(const NormGradient& row, int64_t count) {
  const auto [mean, inverse_std] = row.moments;
  const int64_t whole = count / kNumLanes * kNumLanes;
  Lanes sum_g = {}, sum_gy = {}, x, grad, weight;
  for (int64_t i = 0; i < whole; i += kNumLanes) {
    ring::Load(row.x + i, x);
    ring::Load(row.grad_out + i, grad);
    ring::Load(row.weight + i, weight);
    const Lanes g = grad * weight;
    sum_g += g;
    sum_gy += g * ((x - mean) * inverse_std);
  }
  float mean_g = SumOfLanes(sum_g), mean_gy = SumOfLanes(sum_gy);
  for (int64_t i = whole; i < count; ++i) {
    const float g = row.grad_out[i] * row.weight[i];
    mean_g += g;
    mean_gy += g * ((row.x[i] - mean) * inverse_std);
  }
  mean_g /= static_cast<float>(count);
  mean_gy /= static_cast<float>(count);
  const auto finish = [&](int64_t i) __attribute__((always_inline)) {
    const float y = (row.x[i] - mean) * inverse_std;
    const float grad_out = row.grad_out[i];
    row.weight_sum[i] += grad_out * y;
    row.bias_sum[i] += grad_out;
    return inverse_std * (grad_out * row.weight[i] - mean_g - y * mean_gy);
  };
  if (row.residual != nullptr) {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) row.grad_x[i] = finish(i) + row.residual[i];
  } else {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) row.grad_x[i] = finish(i);
  }
}

RING_EVERY_CPU void AddBias(const float* bias, int64_t count, float* x) {
  for (int64_t i = 0; i < count; ++i) x[i] += bias[i];
}

RING_EVERY_CPU void AddBiasRelu(const float* bias, int64_t count, float* x) {
  for (int64_t i = 0; i < count; ++i) {
    const float y = x[i] + bias[i];
    x[i] = y < 0 ? 0 : y;
  }
}

RING_EVERY_CPU void ReluBackward(const float* result, int64_t count, float* grad, float* sum) {
  for (int64_t i = 0; i < count; ++i) {
    const float passed = result[i] > 0 ? grad[i] : 0;
    grad[i] = passed;
    sum[i] += passed;
  }
}

// Far from 0 by the exponential, 1 - 2 / (e^2x + 1); near it, where that would cancel, by Taylor's
// series, whose first term left out is 1e-8 of the value at the seam.
[[gnu::always_inline]] static inline void TanhOfLanes(Lanes& x) {
  constexpr float kSeam = 0.25F, kLargest = 10.0F;  // tanh(10) is 1 in float32
  const Lanes square = x * x;
  const Lanes series =
      x * (1 + square * (-1.0F / 3 +
                         square * (2.0F / 15 + square * (-17.0F / 315 + square * (62.0F / 2835)))));
  Lanes power = x > kLargest ? Lanes{} + kLargest : x;
  power *= 2.8853900817779268F;  // 2 / ln 2
  ring::Exp2<float>(power);
  const Lanes far = 1 - 2 / (power + 1);
  x = square < kSeam * kSeam ? series : far;
}

RING_EVERY_CPU void Tanh(int64_t count, float* x) {
  int64_t i = 0;
  Lanes lanes;
  for (; i + kNumLanes <= count; i += kNumLanes) {
    ring::Load(x + i, lanes);
    TanhOfLanes(lanes);
    ring::Store(lanes, x + i);
  }
  if (i == count) return;
  lanes = Lanes{};
  std::memcpy(&lanes, x + i, (count - i) * sizeof(float));
  TanhOfLanes(lanes);
  std::memcpy(x + i, &lanes, (count - i) * sizeof(float));
}

RING_EVERY_CPU void TanhBackward(const float* result, int64_t count, float* grad) {
  for (int64_t i = 0; i < count; ++i) grad[i] *= 1 - result[i] * result[i];
}

RING_EVERY_CPU void AddScaled(const float* x, float factor, int64_t count, float* sum) {
  for (int64_t i = 0; i < count; ++i) sum[i] += factor * x[i];
}

RING_EVERY_CPU void AddTo(const float* x, int64_t count, float* sum) {
  for (int64_t i = 0; i < count; ++i) sum[i] += x[i];
}

}  // namespace models
