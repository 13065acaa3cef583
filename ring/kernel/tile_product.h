// Products of matrices small enough for one core's cache: the arithmetic of attention.
//
// The right-hand matrix comes in panels: one panel holds 64 bytes of each of its rows. Packed, it
// is one stream of whole cache lines; a matrix whose rows are close together can be read as it is.
// The left-hand one is read element by element and needs no packing; by its strides it may be a
// tensor's rows, or the transpose of a tile.
//
// One core, no allocation. A sum runs over depth in order and is added to C as a whole: equal
// inputs give equal bits, and rounding errors grow with the tile's depth and not with the sequence.
#ifndef RING_KERNEL_TILE_PRODUCT_H_
#define RING_KERNEL_TILE_PRODUCT_H_

#include "ring/kernel/processor_level.h"

#include <cstdint>

namespace ring {

inline constexpr int64_t kPanelBytes = 64;

// Columns of a panel: 16 for float, 8 for double.
template <typename T>
inline constexpr int64_t kLanes = kPanelBytes / static_cast<int64_t>(sizeof(T));

// `count` rounded up to whole panels.
template <typename T>
constexpr int64_t PadToLanes(int64_t count) {
  return (count + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
}

// Tokens whose scores are computed together: two panels, which a product takes side by side.
template <typename T>
inline constexpr int64_t kScoreLanes = 2 * kLanes<T>;

// C = A B, or C += A B where `add`.
template <typename T>
struct TileProduct {
  int64_t rows = 0;     // of A and C
  int64_t depth = 0;    // columns of A, rows of B
  int64_t columns = 0;  // of B and C

  const T* a = nullptr;  // element (r, d) at a[r * a_row_stride + d * a_depth_stride]
  int64_t a_row_stride = 0;
  int64_t a_depth_stride = 1;

  // Columns [p * kLanes, (p + 1) * kLanes) of row d at b + p * b_panel_stride + d * b_row_stride.
  const T* b = nullptr;
  int64_t b_panel_stride = 0;
  int64_t b_row_stride = kLanes<T>;

  T* c = nullptr;  // element (r, n) at c[r * c_row_stride + n]; nothing beyond `columns` is touched
  int64_t c_row_stride = 0;

  bool add = false;
};

// REQUIRES: RunsHere(level).
void Multiply(const TileProduct<float>& product, ProcessorLevel level = BestLevel());
void Multiply(const TileProduct<double>& product, ProcessorLevel level = BestLevel());

}  // namespace ring

#endif  // RING_KERNEL_TILE_PRODUCT_H_
