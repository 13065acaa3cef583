// A matrix of weights laid out for products with a few dozen rows of activations at a time.
//
// A layer's products share their right-hand side over all rows. Packed once into the panels of
// ring/kernel/tile_product.h, which is a copy of one matrix, it lets a block of rows go from one
// product through what follows (bias, activation, dropout, the next product) while the block is in
// the core's own cache. At the depths of a transformer layer (128 to 512) the tile product is also
// the faster one: 160 of 173 GFLOP/s a core where MKL's reaches 120 to 130 (AVX-512, results
// 2026-11-28).
#ifndef MODELS_PACKED_MATRIX_H_
#define MODELS_PACKED_MATRIX_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace models {

class PackedMatrix {
 public:
  // For x W^T, as a linear layer multiplies, and for g W, its gradient. weight_NK: (outputs N,
  // inputs K) float32, rows contiguous.
  static PackedMatrix ForOutputs(const at::Tensor& weight_NK);  // depth K, columns N
  static PackedMatrix ForInputs(const at::Tensor& weight_NK);   // depth N, columns K

  int64_t depth() const { return depth_; }
  int64_t columns() const { return columns_; }

  // (rows x depth) `a` times this -> (rows x columns) `c`, both with contiguous rows, strides as
  // given. One core.
  void Multiply(const float* a, int64_t a_stride, int64_t rows, float* c, int64_t c_stride) const;

 private:
  PackedMatrix(int64_t depth, int64_t columns);

  float* BlockAt(int64_t depth) const { return panels_.data_ptr<float>() + depth * lanes_; }

  int64_t depth_, columns_;
  int64_t lanes_;  // columns rounded up to whole tiles
  at::Tensor panels_;
};

}  // namespace models

#endif  // MODELS_PACKED_MATRIX_H_
