#include "ring/kernel/tile_product.h"

#include "ring/kernel/vector.h"

#include <cstring>
#include <utility>

namespace ring {
namespace {

// A strip of C: kRows rows of kPanels panels, held in registers while A and B stream by.
template <typename T>
struct Strip {
  const T* a;
  const T* b;
  int64_t b_panel_stride;
  T* c;
  int64_t c_row_stride;
};

// The strip's sums over the whole depth. The loops over it are unrolled by order: a compiler that
// unrolls them late has put `sum` into memory by then.
template <int kRows, int kPanels, typename T, typename V, int kParts>
RING_INLINE void SumOverDepth(const TileProduct<T>& product, const Strip<T>& strip,
                              V (&sum)[kRows][kPanels * kParts]) {
  const T *a = strip.a, *b = strip.b;
  const int64_t a_row_stride = product.a_row_stride, a_depth_stride = product.a_depth_stride;
  const int64_t b_panel_stride = strip.b_panel_stride, b_row_stride = product.b_row_stride;
  for (int64_t depth = product.depth; depth > 0; --depth) {
    V x[kPanels * kParts];
#pragma GCC unroll 16
    for (int part = 0; part < kPanels * kParts; ++part) {
      Load(b + part / kParts * b_panel_stride + part % kParts * kVectorLanes<V>, x[part]);
    }
#pragma GCC unroll 16
    for (int row = 0; row < kRows; ++row) {
      const T y = a[row * a_row_stride];
#pragma GCC unroll 16
      for (int part = 0; part < kPanels * kParts; ++part) sum[row][part] += y * x[part];
    }
    a += a_depth_stride;
    b += b_row_stride;
  }
}

template <typename V, int kRows, int kPanels, typename T>
RING_INLINE void MultiplyStrip(const TileProduct<T>& product, const Strip<T>& strip) {
  constexpr int kParts = kPanelBytes / sizeof(V);
  V sum[kRows][kPanels * kParts] = {};
  SumOverDepth<kRows, kPanels, T, V, kParts>(product, strip, sum);
  const bool add = product.add;
#pragma GCC unroll 16
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 16
    for (int part = 0; part < kPanels * kParts; ++part) {
      T* const c = strip.c + row * strip.c_row_stride + part * kVectorLanes<V>;
      V before = {};
      if (add) Load(c, before);
      Store(add ? sum[row][part] + before : sum[row][part], c);
    }
  }
}

// The same where C has fewer columns than the panel has lanes: by way of a copy.
template <typename V, int kRows, typename T>
RING_INLINE void MultiplyNarrowStrip(const TileProduct<T>& product, Strip<T> strip,
                                     int64_t columns) {
  T copy[kRows * kLanes<T>] = {};
  const size_t bytes = static_cast<size_t>(columns) * sizeof(T);
  T* c = strip.c;
  if (product.add) {
    for (int row = 0; row < kRows; ++row) {
      std::memcpy(copy + row * kLanes<T>, c + row * strip.c_row_stride, bytes);
    }
  }
  const int64_t c_row_stride = std::exchange(strip.c_row_stride, kLanes<T>);
  strip.c = copy;
  MultiplyStrip<V, kRows, 1>(product, strip);
  for (int row = 0; row < kRows; ++row) {
    std::memcpy(c + row * c_row_stride, copy + row * kLanes<T>, bytes);
  }
}

template <typename V, int kRows, int kPanels, typename T>
RING_INLINE void MultiplyAnyStrip(const TileProduct<T>& product, int64_t row, int64_t column) {
  const int64_t columns = product.columns - column;
  const Strip<T> strip = {.a = product.a + row * product.a_row_stride,
                          .b = product.b + column / kLanes<T> * product.b_panel_stride,
                          .b_panel_stride = product.b_panel_stride,
                          .c = product.c + row * product.c_row_stride + column,
                          .c_row_stride = product.c_row_stride};
  if (columns >= kPanels * kLanes<T>) {
    MultiplyStrip<V, kRows, kPanels>(product, strip);
  } else {
    MultiplyNarrowStrip<V, kRows>(product, strip, columns);
  }
}

// What is left below the last whole strip of kRows rows.
template <typename V, int kRows, int kPanels, typename T>
RING_INLINE void MultiplyRest(const TileProduct<T>& product, int64_t row, int64_t column) {
  if constexpr (kRows > 0) {
    if (product.rows - row == kRows) {
      MultiplyAnyStrip<V, kRows, kPanels>(product, row, column);
    } else {
      MultiplyRest<V, kRows - 1, kPanels>(product, row, column);
    }
  }
}

// All rows of the panels at `column`, which stay in the first cache while the rows of A pass.
template <typename V, int kRows, int kPanels, typename T>
RING_INLINE void MultiplyPanels(const TileProduct<T>& product, int64_t column) {
  int64_t row = 0;
  for (; row + kRows <= product.rows; row += kRows) {
    MultiplyAnyStrip<V, kRows, kPanels>(product, row, column);
  }
  MultiplyRest<V, kRows - 1, kPanels>(product, row, column);
}

// Strips are as large as the registers allow: 32 of 64 bytes, 16 of 32 bytes, 16 of 16 bytes. Two
// panels side by side take half the loads of A that one of twice the height takes; where a panel
// is one vector that is what the product would wait for.
template <int kVectorBytes, typename T>
RING_INLINE void MultiplyTile(const TileProduct<T>& product) {
  using V = Vector<T, kVectorBytes>;
  int64_t column = 0;
  if constexpr (kVectorBytes == kPanelBytes) {
    for (; column + 2 * kLanes<T> <= product.columns; column += 2 * kLanes<T>) {
      MultiplyPanels<V, 8, 2>(product, column);
    }
  }
  constexpr int kRows = kVectorBytes == 64 ? 16 : kVectorBytes == 32 ? 6 : 3;
  for (; column < product.columns; column += kLanes<T>) {
    MultiplyPanels<V, kRows, 1>(product, column);
  }
}

template <typename T>
void MultiplyAt(const TileProduct<T>& product, ProcessorLevel level) {
  RunAt(
      level, [&]<int kVectorBytes>()
                 __attribute__((always_inline)) { MultiplyTile<kVectorBytes>(product); });
}

}  // namespace

void Multiply(const TileProduct<float>& product, ProcessorLevel level) {
  MultiplyAt(product, level);
}
void Multiply(const TileProduct<double>& product, ProcessorLevel level) {
  MultiplyAt(product, level);
}

}  // namespace ring
