#include "models/packed_matrix.h"

#include "ring/kernel/tile_product.h"
#include "ring/kernel/token_rows.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>

namespace models {
namespace {

// Rows of the matrix whose panels are stored, and read, together: two panels of them lie in the
// first cache while the rows of a block pass.
constexpr int64_t kBlockDepth = 256;

// Columns that one thread packs at a time: a tile.
constexpr int64_t kTile = ring::kScoreLanes<float>;

// Rows of A farther apart share few sets of the first cache: as many as a block has are copied
// first, to rows that are `kCopyStride` apart.
constexpr int64_t kLargestStride = 256;
constexpr int64_t kCopiedRows = 64, kCopyStride = kBlockDepth + 16;

}  // namespace

PackedMatrix::PackedMatrix(int64_t depth, int64_t columns)
    : depth_(depth),
      columns_(columns),
      lanes_((columns + kTile - 1) / kTile * kTile),
      panels_(at::empty({depth * lanes_}, at::kFloat)) {}

PackedMatrix PackedMatrix::ForOutputs(const at::Tensor& weight_NK) {
  TORCH_CHECK(weight_NK.dim() == 2 && weight_NK.stride(1) == 1, "weights must have rows");
  const PackedMatrix packed(weight_NK.size(1), weight_NK.size(0));
  const float* const weight = weight_NK.const_data_ptr<float>();
  const int64_t stride = weight_NK.stride(0);
  at::parallel_for(0, packed.lanes_ / kTile, 2, [&](int64_t begin, int64_t end) {
    for (int64_t depth = 0; depth < packed.depth_; depth += kBlockDepth) {
      const int64_t block_depth = std::min(kBlockDepth, packed.depth_ - depth);
      for (int64_t column = begin * kTile; column < std::min(end * kTile, packed.columns_);
           column += kTile) {
        ring::PackTokenColumns<float>({.data = weight + column * stride + depth, .stride = stride},
                                      std::min(kTile, packed.columns_ - column), block_depth,
                                      packed.BlockAt(depth) + column * block_depth);
      }
    }
  });
  return packed;
}

PackedMatrix PackedMatrix::ForInputs(const at::Tensor& weight_NK) {
  TORCH_CHECK(weight_NK.dim() == 2 && weight_NK.stride(1) == 1, "weights must have rows");
  const PackedMatrix packed(weight_NK.size(0), weight_NK.size(1));
  const float* const weight = weight_NK.const_data_ptr<float>();
  const int64_t stride = weight_NK.stride(0);
  const int64_t num_blocks = (packed.depth_ + kBlockDepth - 1) / kBlockDepth;
  at::parallel_for(0, num_blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t depth = block * kBlockDepth;
      ring::PackChannelColumns<float>({.data = weight + depth * stride, .stride = stride},
                                      std::min(kBlockDepth, packed.depth_ - depth), packed.columns_,
                                      packed.BlockAt(depth));
    }
  });
  return packed;
}

void PackedMatrix::Multiply(const float* a, int64_t a_stride, int64_t rows, float* c,
                            int64_t c_stride) const {
  alignas(64) float copy[kCopiedRows * kCopyStride];
  const bool copies = a_stride > kLargestStride;
  const int64_t step = copies ? std::min(rows, kCopiedRows) : rows;
  for (int64_t row = 0; row < rows; row += step) {
    const int64_t count = std::min(step, rows - row);
    for (int64_t depth = 0; depth < depth_; depth += kBlockDepth) {
      const int64_t block_depth = std::min(kBlockDepth, depth_ - depth);
      const float* const from = a + row * a_stride + depth;
      for (int64_t i = 0; copies && i < count; ++i) {
        std::copy_n(from + i * a_stride, block_depth, copy + i * kCopyStride);
      }
      ring::Multiply(ring::TileProduct<float>{.rows = count,
                                              .depth = block_depth,
                                              .columns = columns_,
                                              .a = copies ? copy : from,
                                              .a_row_stride = copies ? kCopyStride : a_stride,
                                              .b = BlockAt(depth),
                                              .b_panel_stride = block_depth * ring::kLanes<float>,
                                              .c = c + row * c_stride,
                                              .c_row_stride = c_stride,
                                              .add = depth > 0});
    }
  }
}

}  // namespace models
