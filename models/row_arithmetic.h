// What a layer does to rows of numbers between its products.
#ifndef MODELS_ROW_ARITHMETIC_H_
#define MODELS_ROW_ARITHMETIC_H_

#include "models/packed_linear.h"
#include "models/transformer_options.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace models {

// Layer normalisation with weights of its own, as torch::nn::LayerNorm has them.
class RowNorm {
 public:
  RowNorm() = default;
  RowNorm(const at::Tensor& weight, const at::Tensor& bias);  // copies them

  // y may be x.
  void Apply(int64_t num_rows, Rows<const float> x, Rows<float> y) const;

 private:
  at::Tensor weight_, bias_;
};

// Applies the activation to the columns [begin, end) of rows.
void Activate(Activation activation, int64_t num_rows, int64_t begin, int64_t end,
              Rows<float> rows);

}  // namespace models

#endif  // MODELS_ROW_ARITHMETIC_H_
