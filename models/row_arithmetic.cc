#include "models/row_arithmetic.h"

#include "models/row_kernels.h"
#include "ring/kernel/exp2.h"
#include "ring/kernel/processor_level.h"
#include "ring/kernel/vector.h"

#include <algorithm>
#include <cstring>
#include <numbers>

namespace models {
namespace {

// The tanh form of GELU: x (1 + tanh u) / 2 is x / (1 + exp(-2 u)).
template <typename V>
[[gnu::always_inline]] inline void Gelu(float* x, int64_t size) {
  constexpr float kSlope = -2.0F * std::numbers::log2e_v<float> * 0.7978845608F;  // sqrt(2 / pi)
  constexpr float kLargest = 126.0F;  // that 2 may be raised to; the quotient is 0 by then
  constexpr int64_t kLanes = ring::kVectorLanes<V>;
  for (int64_t i = 0; i < size; i += kLanes) {
    const size_t num_bytes = static_cast<size_t>(std::min(kLanes, size - i)) * sizeof(float);
    V part = {};  // the last may have fewer lanes
    std::memcpy(&part, x + i, num_bytes);
    V exponent = kSlope * (part + 0.044715F * part * part * part);
    exponent = exponent > kLargest ? V{} + kLargest : exponent;
    ring::Exp2<float>(exponent);
    part /= 1.0F + exponent;
    std::memcpy(x + i, &part, num_bytes);
  }
}

}  // namespace

RowNorm::RowNorm(const at::Tensor& weight, const at::Tensor& bias)
    : weight_(weight.detach().to(at::kFloat).clone()),
      bias_(bias.detach().to(at::kFloat).clone()) {}

void RowNorm::Apply(int64_t num_rows, Rows<const float> x, Rows<float> y) const {
  const NormAffine affine = {.weight = weight_.const_data_ptr<float>(),
                             .bias = bias_.const_data_ptr<float>()};
  for (int64_t row = 0; row < num_rows; ++row) {
    NormalizeRow(x.data + row * x.stride, affine, weight_.numel(), y.data + row * y.stride);
  }
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
