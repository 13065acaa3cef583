#include "ring/kernel/tile_product.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ring {
namespace {

#define RING_INLINE [[gnu::always_inline]] inline

// Where a strip of C stands: what changes from strip to strip.
template <typename T>
struct Place {
  const T* a;
  const T* b;
  T* c;
  int64_t c_row_stride;
};

// One strip: kRows rows of one panel of C, held in registers while A and B stream by. The loops
// over it are unrolled by order: a compiler that unrolls them late has put `sum` into memory by
// then.
template <typename Vector, int kRows, typename T>
RING_INLINE void MultiplyStrip(const TileProduct<T>& product, const Place<T>& place) {
  constexpr int kParts = kPanelBytes / sizeof(Vector);
  constexpr int64_t kPartLanes = kLanes<T> / kParts;
  typedef Vector Unaligned __attribute__((aligned(alignof(T)), may_alias));
  Vector sum[kRows][kParts] = {};
  const T* a = place.a;
  const T* b = place.b;
  const int64_t a_row_stride = product.a_row_stride, a_depth_stride = product.a_depth_stride;
  for (int64_t depth = product.depth; depth > 0; --depth) {
    Vector x[kParts];
#pragma GCC unroll 16
    for (int part = 0; part < kParts; ++part) {
      x[part] = *reinterpret_cast<const Unaligned*>(b + part * kPartLanes);
    }
#pragma GCC unroll 16
    for (int row = 0; row < kRows; ++row) {
      const T y = a[row * a_row_stride];
#pragma GCC unroll 16
      for (int part = 0; part < kParts; ++part) sum[row][part] += y * x[part];
    }
    a += a_depth_stride;
    b += kLanes<T>;
  }
  const bool add = product.add;
#pragma GCC unroll 16
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 16
    for (int part = 0; part < kParts; ++part) {
      auto* const c = reinterpret_cast<Unaligned*>(place.c + row * place.c_row_stride) + part;
      *c = add ? sum[row][part] + *c : sum[row][part];
    }
  }
}

// The same where C has fewer columns than the panel has lanes: by way of a copy.
template <typename Vector, int kRows, typename T>
RING_INLINE void MultiplyNarrowStrip(const TileProduct<T>& product, Place<T> place,
                                     int64_t columns) {
  T copy[kRows * kLanes<T>] = {};
  const size_t bytes = static_cast<size_t>(columns) * sizeof(T);
  T* c = place.c;
  if (product.add) {
    for (int row = 0; row < kRows; ++row) {
      std::memcpy(copy + row * kLanes<T>, c + row * place.c_row_stride, bytes);
    }
  }
  const int64_t c_row_stride = std::exchange(place.c_row_stride, kLanes<T>);
  place.c = copy;
  MultiplyStrip<Vector, kRows>(product, place);
  for (int row = 0; row < kRows; ++row) {
    std::memcpy(c + row * c_row_stride, copy + row * kLanes<T>, bytes);
  }
}

template <typename Vector, int kRows, typename T>
RING_INLINE void MultiplyAnyStrip(const TileProduct<T>& product, int64_t row, int64_t column) {
  const int64_t columns = std::min(product.columns - column, kLanes<T>);
  const Place<T> place = {.a = product.a + row * product.a_row_stride,
                          .b = product.b + column / kLanes<T> * product.b_panel_stride,
                          .c = product.c + row * product.c_row_stride + column,
                          .c_row_stride = product.c_row_stride};
  if (columns == kLanes<T>) {
    MultiplyStrip<Vector, kRows>(product, place);
  } else {
    MultiplyNarrowStrip<Vector, kRows>(product, place, columns);
  }
}

// What is left below the last whole strip of kRows rows.
template <typename Vector, int kRows, typename T>
RING_INLINE void MultiplyRest(const TileProduct<T>& product, int64_t row, int64_t column) {
  if constexpr (kRows > 0) {
    if (product.rows - row == kRows) {
      MultiplyAnyStrip<Vector, kRows>(product, row, column);
    } else {
      MultiplyRest<Vector, kRows - 1>(product, row, column);
    }
  }
}

// Panel by panel, so that a panel of B stays in the first cache while the rows of A pass.
template <typename Vector, int kRows, typename T>
RING_INLINE void MultiplyTile(const TileProduct<T>& product) {
  for (int64_t column = 0; column < product.columns; column += kLanes<T>) {
    int64_t row = 0;
    for (; row + kRows <= product.rows; row += kRows) {
      MultiplyAnyStrip<Vector, kRows>(product, row, column);
    }
    MultiplyRest<Vector, kRows - 1>(product, row, column);
  }
}

template <typename T, int kBytes>
struct VectorOf {
  typedef T Type __attribute__((vector_size(kBytes)));
};

// One build per generation of processors, with strips as tall as its registers allow: 32 of 64
// bytes, 16 of 32 bytes, 16 of 16 bytes.
template <typename T>
__attribute__((target("arch=x86-64-v4"))) void MultiplyV4(const TileProduct<T>& product) {
  MultiplyTile<typename VectorOf<T, 64>::Type, 16>(product);
}
template <typename T>
__attribute__((target("arch=x86-64-v3"))) void MultiplyV3(const TileProduct<T>& product) {
  MultiplyTile<typename VectorOf<T, 32>::Type, 6>(product);
}
template <typename T>
void MultiplyBaseline(const TileProduct<T>& product) {
  MultiplyTile<typename VectorOf<T, 16>::Type, 3>(product);
}

template <typename T>
void MultiplyAtLevel(ProcessorLevel level, const TileProduct<T>& product) {
  switch (level) {
    case ProcessorLevel::kV4:
      return MultiplyV4(product);
    case ProcessorLevel::kV3:
      return MultiplyV3(product);
    case ProcessorLevel::kBaseline:
      return MultiplyBaseline(product);
  }
}

ProcessorLevel BestLevel() {
  static const ProcessorLevel kBest = RunsHere(ProcessorLevel::kV4)   ? ProcessorLevel::kV4
                                      : RunsHere(ProcessorLevel::kV3) ? ProcessorLevel::kV3
                                                                      : ProcessorLevel::kBaseline;
  return kBest;
}

}  // namespace

bool RunsHere(ProcessorLevel level) {
  switch (level) {
    case ProcessorLevel::kV4:
      return __builtin_cpu_supports("x86-64-v4");
    case ProcessorLevel::kV3:
      return __builtin_cpu_supports("x86-64-v3");
    case ProcessorLevel::kBaseline:
      return true;
  }
  return false;
}

void MultiplyAt(ProcessorLevel level, const TileProduct<float>& product) {
  MultiplyAtLevel(level, product);
}
void MultiplyAt(ProcessorLevel level, const TileProduct<double>& product) {
  MultiplyAtLevel(level, product);
}

void Multiply(const TileProduct<float>& product) { MultiplyAtLevel(BestLevel(), product); }
void Multiply(const TileProduct<double>& product) { MultiplyAtLevel(BestLevel(), product); }

}  // namespace ring
