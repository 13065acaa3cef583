#include "ring/kernel/token_rows.h"

#include "ring/kernel/processor_level.h"
#include "ring/kernel/tile_product.h"
#include "ring/kernel/vector.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstring>

namespace ring {
namespace {

// Rows farther apart share few sets of the first cache and touch a page each: a copy is cheaper.
constexpr int64_t kMaxStrideBytes = 1024;

// bfloat16 is the upper half of float32; ties go to even, and a NaN stays one.
[[gnu::always_inline]] inline uint32_t RoundToBFloat16(uint32_t bits) {
  const uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) & 0xFFFF0000U;
  const bool is_nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
  return is_nan ? (bits | 0x00400000U) & 0xFFFF0000U : rounded;
}

RING_EVERY_CPU void RoundFloats(const float* from, float* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, from + i, sizeof(bits));
    bits = RoundToBFloat16(bits);
    std::memcpy(to + i, &bits, sizeof(bits));
  }
}

RING_EVERY_CPU void WidenBFloat16(const uint16_t* from, float* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t bits = static_cast<uint32_t>(from[i]) << 16;
    std::memcpy(to + i, &bits, sizeof(bits));
  }
}

void ConvertRow(const float* from, bool round, float* to, int64_t count) {
  if (round) {
    RoundFloats(from, to, count);
  } else {
    std::copy(from, from + count, to);
  }
}

void ConvertRow(const double* from, bool round, float* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]);
  if (round) RoundFloats(to, to, count);
}

void ConvertRow(const c10::BFloat16* from, bool /*round*/, float* to, int64_t count) {
  WidenBFloat16(reinterpret_cast<const uint16_t*>(from), to, count);
}

template <typename From>
void ConvertRow(const From* from, bool /*round*/, double* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<double>(from[i]);
}

template <typename From, typename T>
Rows<T> ConvertRows(const TokenMatrix& x, int64_t begin, int64_t count, bool round, T* scratch) {
  const From* const from = static_cast<const From*>(x.data) + begin * x.token_stride;
  for (int64_t token = 0; token < count; ++token) {
    ConvertRow(from + token * x.token_stride, round, scratch + token * x.head_dim, x.head_dim);
  }
  return {.data = scratch, .stride = x.head_dim};
}

template <typename T>
Rows<T> ReadRowsAs(const TokenMatrix& x, int64_t begin, int64_t count, at::ScalarType operands,
                   T* scratch) {
  const bool round = operands == at::kBFloat16;
  const bool close = x.token_stride * static_cast<int64_t>(sizeof(T)) <= kMaxStrideBytes;
  if (x.type == c10::CppTypeToScalarType<T>::value && !round && close) {
    return {.data = static_cast<const T*>(x.data) + begin * x.token_stride,
            .stride = x.token_stride};
  }
  switch (x.type) {
    case at::kFloat:
      return ConvertRows<float>(x, begin, count, round, scratch);
    case at::kDouble:
      return ConvertRows<double>(x, begin, count, round, scratch);
    case at::kBFloat16:
      return ConvertRows<c10::BFloat16>(x, begin, count, round, scratch);
    default:
      TORCH_CHECK(false, "attention has no rows of type ", x.type);
  }
}

}  // namespace

TokenMatrix HeadOf(const at::Tensor& x_BHTD, int64_t batch, int64_t head) {
  const int64_t offset = batch * x_BHTD.stride(0) + head * x_BHTD.stride(1);
  const char* const data = static_cast<const char*>(x_BHTD.const_data_ptr());
  return {.data = data + offset * static_cast<int64_t>(x_BHTD.element_size()),
          .type = x_BHTD.scalar_type(),
          .token_stride = x_BHTD.stride(2),
          .head_dim = x_BHTD.size(3)};
}

Rows<float> ReadRows(const TokenMatrix& x, int64_t begin, int64_t count, at::ScalarType operands,
                     float* scratch) {
  return ReadRowsAs(x, begin, count, operands, scratch);
}

Rows<double> ReadRows(const TokenMatrix& x, int64_t begin, int64_t count, at::ScalarType operands,
                      double* scratch) {
  return ReadRowsAs(x, begin, count, operands, scratch);
}

template <typename T>
void PackTokenColumns(const Rows<T>& x, int64_t count, int64_t head_dim, T* panels) {
  const int64_t padded = (count + kScoreLanes<T> - 1) / kScoreLanes<T> * kScoreLanes<T>;
  for (int64_t token = 0; token < padded; ++token) {
    T* const to = panels + token / kLanes<T> * kLanes<T> * head_dim + token % kLanes<T>;
    if (token < count) {
      const T* const from = x.data + token * x.stride;
      for (int64_t d = 0; d < head_dim; ++d) to[d * kLanes<T>] = from[d];
    } else {
      for (int64_t d = 0; d < head_dim; ++d) to[d * kLanes<T>] = T{0};
    }
  }
}

template <typename T>
void PackChannelColumns(const Rows<T>& x, int64_t count, int64_t head_dim, T* panels) {
  const int64_t whole = head_dim / kLanes<T> * kLanes<T>;
  RunAt(
      BestLevel(), [&]<int kVectorBytes>() __attribute__((always_inline)) {
        for (int64_t d = 0; d < whole; d += kVectorBytes / static_cast<int64_t>(sizeof(T))) {
          const T* from = x.data + d;
          T* to = panels + d / kLanes<T> * kLanes<T> * count + d % kLanes<T>;
          for (int64_t token = 0; token < count; ++token, from += x.stride, to += kLanes<T>) {
            Vector<T, kVectorBytes> channels;
            Load(from, channels);
            Store(channels, to);
          }
        }
      });
  if (whole == head_dim) return;
  for (int64_t token = 0; token < count; ++token) {
    T* const to = panels + whole * count + token * kLanes<T>;
    const T* const from = x.data + token * x.stride + whole;
    std::fill(std::copy(from, from + (head_dim - whole), to), to + kLanes<T>, T{0});
  }
}

template void PackTokenColumns(const Rows<float>&, int64_t, int64_t, float*);
template void PackTokenColumns(const Rows<double>&, int64_t, int64_t, double*);
template void PackChannelColumns(const Rows<float>&, int64_t, int64_t, float*);
template void PackChannelColumns(const Rows<double>&, int64_t, int64_t, double*);

}  // namespace ring
