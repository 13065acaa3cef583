#include "models/row_arithmetic.h"

#include "ring/kernel/exp2.h"
#include "ring/kernel/processor_level.h"
#include "ring/kernel/vector.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace models {
namespace {

#define RING_INLINE [[gnu::always_inline]] inline

constexpr float kEpsilon = 1e-5F;  // of torch::nn::LayerNorm

// Calls body(x, count) for every vector of numbers from `from` on; the last may have fewer lanes,
// the others of it being 0.
template <typename V, typename Body>
RING_INLINE void ForEachVector(const float* from, int64_t size, const Body& body) {
  constexpr int64_t kLanes = ring::kVectorLanes<V>;
  V x;
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    ring::Load(from + i, x);
    body(x, i, kLanes);
  }
  if (i < size) {
    x = V{};
    std::memcpy(&x, from + i, static_cast<size_t>(size - i) * sizeof(float));
    body(x, i, size - i);
  }
}

template <typename V>
RING_INLINE float Sum(const V& x) {
  float sum = 0;
  for (int64_t lane = 0; lane < ring::kVectorLanes<V>; ++lane) sum += x[lane];
  return sum;
}

template <typename V>
RING_INLINE void Normalize(const float* x, const float* weight, const float* bias, int64_t size,
                           float* y) {
  V sum = {};
  ForEachVector<V>(
      x,
      size, [&](const V& part, int64_t, int64_t) __attribute__((always_inline)) { sum += part; });
  const float mean = Sum(sum) / static_cast<float>(size);
  V squares = {};
  ForEachVector<V>(
      x, size, [&](const V& part, int64_t, int64_t count) __attribute__((always_inline)) {
        V distance = part - mean;
        for (int64_t lane = count; lane < ring::kVectorLanes<V>; ++lane) distance[lane] = 0;
        squares += distance * distance;
      });
  const float scale = 1.0F / std::sqrt(Sum(squares) / static_cast<float>(size) + kEpsilon);
  for (int64_t i = 0; i < size; ++i) y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
}

// The tanh form of GELU: x (1 + tanh u) / 2 is x / (1 + exp(-2 u)).
template <typename V>
RING_INLINE void Gelu(float* x, int64_t size) {
  constexpr float kSlope = -2.0F * std::numbers::log2e_v<float> * 0.7978845608F;  // sqrt(2 / pi)
  constexpr float kLargest = 126.0F;  // that 2 may be raised to; the quotient is 0 by then
  ForEachVector<V>(
      x, size, [&](const V& part, int64_t i, int64_t count) __attribute__((always_inline)) {
        V exponent = kSlope * (part + 0.044715F * part * part * part);
        exponent = exponent > kLargest ? V{} + kLargest : exponent;
        ring::Exp2<float>(exponent);
        const V y = part / (1.0F + exponent);
        std::memcpy(x + i, &y, static_cast<size_t>(count) * sizeof(float));
      });
}

}  // namespace

RowNorm::RowNorm(const at::Tensor& weight, const at::Tensor& bias)
    : weight_(weight.detach().to(at::kFloat).clone()),
      bias_(bias.detach().to(at::kFloat).clone()) {}

void RowNorm::Apply(int64_t num_rows, Rows<const float> x, Rows<float> y) const {
  const int64_t size = weight_.numel();
  const float *const weight = weight_.const_data_ptr<float>(), *const bias =
                                                                   bias_.const_data_ptr<float>();
  ring::RunAt(
      ring::BestLevel(), [&]<int kVectorBytes>() __attribute__((always_inline)) {
        using V = ring::Vector<float, kVectorBytes>;
        for (int64_t row = 0; row < num_rows; ++row) {
          Normalize<V>(x.data + row * x.stride, weight, bias, size, y.data + row * y.stride);
        }
      });
}

void Activate(Activation activation, int64_t num_rows, int64_t begin, int64_t end,
              Rows<float> rows) {
  for (int64_t row = 0; row < num_rows; ++row) {
    float* const x = rows.data + row * rows.stride;
    if (activation == Activation::kRelu) {
      for (int64_t i = begin; i < end; ++i) x[i] = std::max(x[i], 0.0F);
      continue;
    }
    ring::RunAt(
        ring::BestLevel(), [&]<int kVectorBytes>() __attribute__((always_inline)) {
          Gelu<ring::Vector<float, kVectorBytes>>(x + begin, end - begin);
        });
  }
}

}  // namespace models
