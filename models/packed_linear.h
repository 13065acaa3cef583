// A linear map as acting uses it: few rows at a time, its weights laid out as their product reads
// them, the work in pieces for threads that are already there.
//
// With a few rows a product is as fast as its weights can be read. Panels of 64 bytes of every row
// make that one stream, and a piece is a few panels: some 32 kB.
#ifndef MODELS_PACKED_LINEAR_H_
#define MODELS_PACKED_LINEAR_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace models {

// Rows of floats in memory.
template <typename Float>
struct Rows {
  Float* data = nullptr;
  int64_t stride = 0;  // from one row to the next, in floats
};

class PackedLinear {
 public:
  PackedLinear() = default;

  // Copies the weights (outputs, inputs) and the bias (outputs) of a linear layer.
  PackedLinear(const at::Tensor& weight, const at::Tensor& bias);

  int64_t inputs() const { return inputs_; }
  int64_t outputs() const { return outputs_; }

  // A piece is the outputs [first_output(piece), first_output(piece + 1)).
  int64_t num_pieces() const { return (outputs_ + piece_outputs_ - 1) / piece_outputs_; }
  int64_t first_output(int64_t piece) const;

  // y = W x + b for `num_rows` rows, or y += W x + b where `add`; only the piece's outputs.
  void Apply(int64_t piece, int64_t num_rows, Rows<const float> x, Rows<float> y,
             bool add = false) const;

  // All pieces, y = W x + b.
  void ApplyAll(int64_t num_rows, Rows<const float> x, Rows<float> y) const;

 private:
  int64_t inputs_ = 0, outputs_ = 0;
  int64_t piece_outputs_ = 1;
  at::Tensor panels_;  // [panel][input][lane]
  at::Tensor bias_;
};

}  // namespace models

#endif  // MODELS_PACKED_LINEAR_H_
