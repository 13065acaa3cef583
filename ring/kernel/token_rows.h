// The tokens of one head of a tensor, as the tile products want them: in the type that is computed
// in, as rows or packed into panels.
//
// Shapes: D head dimension. A panel (ring/kernel/tile_product.h) has kLanes columns.
#ifndef RING_KERNEL_TOKEN_ROWS_H_
#define RING_KERNEL_TOKEN_ROWS_H_

#include "ring/kernel/tile_product.h"

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstdint>

namespace ring {

// A (tokens x D) matrix of float32, float64 or bfloat16 inside a tensor, D contiguous.
struct TokenMatrix {
  const void* data = nullptr;
  at::ScalarType type = at::kFloat;
  int64_t token_stride = 0;
  int64_t head_dim = 0;
};

TokenMatrix HeadOf(const at::Tensor& x_BHTD, int64_t batch, int64_t head);

// Rows of D numbers, `stride` apart.
template <typename T>
struct Rows {
  const T* data = nullptr;
  int64_t stride = 0;
};

// Tokens [begin, begin + count). They are left where they are if they have type T, lie close
// together and `operands` asks for no rounding; else they are copied into `scratch`, count x D.
// With operands = kBFloat16 every number is rounded to bfloat16 first.
Rows<float> ReadRows(const TokenMatrix& x, int64_t begin, int64_t count, at::ScalarType operands,
                     float* scratch);
Rows<double> ReadRows(const TokenMatrix& x, int64_t begin, int64_t count, at::ScalarType operands,
                      double* scratch);

// The right-hand matrix of a product whose columns are tokens: panels of D rows, one panel after
// the other, up to a whole tile of scores. Lanes beyond `count` are 0.
// -> panels of D numbers times `count` rounded up to kScoreLanes
template <typename T>
void PackTokenColumns(const Rows<T>& x, int64_t count, int64_t head_dim, T* panels);

// The same for a product whose columns are channels: panels of `count` rows. Lanes beyond D are 0.
// -> panels of count * PadToLanes(D) numbers
template <typename T>
void PackChannelColumns(const Rows<T>& x, int64_t count, int64_t head_dim, T* panels);

// The right-hand matrix of a product whose columns are channels, wherever it lies.
template <typename T>
struct ChannelPanels {
  const T* data = nullptr;
  int64_t panel_stride = 0;
  int64_t row_stride = 0;
};

// Whether rows of D numbers are whole panels, which a product can read as they are.
template <typename T>
constexpr bool FillsPanels(int64_t head_dim) {
  return head_dim % kLanes<T> == 0;
}

// The rows themselves if they fill panels; else they are packed into `panels`.
template <typename T>
ChannelPanels<T> ReadChannels(const Rows<T>& x, int64_t count, int64_t head_dim, T* panels) {
  if (FillsPanels<T>(head_dim)) {
    return {.data = x.data, .panel_stride = kLanes<T>, .row_stride = x.stride};
  }
  PackChannelColumns(x, count, head_dim, panels);
  return {.data = panels, .panel_stride = count * kLanes<T>, .row_stride = kLanes<T>};
}

}  // namespace ring

#endif  // RING_KERNEL_TOKEN_ROWS_H_
