// Rows of activations, taken a block at a time by the threads of one parallel region.
//
// A block is small enough that what a layer makes of it stays in a core's own cache. Who takes
// which block is left open; what is summed over rows is summed per block, and over blocks in order,
// so that results do not depend on it.
#ifndef MODELS_ROW_BLOCKS_H_
#define MODELS_ROW_BLOCKS_H_

#include "models/row_kernels.h"
#include "ring/kernel/thread_team.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>

namespace models {

inline constexpr int64_t kBlockRows = 64;

struct RowBlock {
  int64_t index;
  int64_t begin, end;  // rows
  float* scratch;      // of the thread

  int64_t rows() const { return end - begin; }
};

inline int64_t NumRowBlocks(int64_t num_rows) { return (num_rows + kBlockRows - 1) / kBlockRows; }

// Calls work(block) once for every block, each thread with `scratch_floats` of its own.
template <typename Work>
void ForEachRowBlock(int64_t num_rows, int64_t scratch_floats, const Work& work) {
  const int num_threads = at::get_num_threads();
  const at::Tensor scratch = at::empty({num_threads * scratch_floats}, at::kFloat);
  float* const memory = scratch.data_ptr<float>();
  ring::RunPieces(NumRowBlocks(num_rows), num_threads, [&](int64_t index, int thread) {
    work(RowBlock{.index = index,
                  .begin = index * kBlockRows,
                  .end = std::min(num_rows, (index + 1) * kBlockRows),
                  .scratch = memory + thread * scratch_floats});
  });
}

// Sums over rows, of several vectors side by side.
class RowSums {
 public:
  RowSums(int64_t num_rows, int64_t width)
      : width_(width), sums_(at::zeros({NumRowBlocks(num_rows), width}, at::kFloat)) {}

  // Where a block adds to.
  float* Of(const RowBlock& block) const { return sums_.data_ptr<float>() + block.index * width_; }

  // All of them, added up in order. -> (width)
  at::Tensor Total() const {
    at::Tensor total = at::zeros({width_}, at::kFloat);
    for (int64_t block = 0; block < sums_.size(0); ++block) {
      AddTo(sums_.const_data_ptr<float>() + block * width_, width_, total.data_ptr<float>());
    }
    return total;
  }

 private:
  int64_t width_;
  at::Tensor sums_;
};

}  // namespace models

#endif  // MODELS_ROW_BLOCKS_H_
