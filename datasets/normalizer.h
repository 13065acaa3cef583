// Observations shifted and scaled to mean 0 and standard deviation 1, dimension by dimension.
//
// Shapes: N rows, O observation; `...` any leading dimensions.
#ifndef DATASETS_NORMALIZER_H_
#define DATASETS_NORMALIZER_H_

#include <ATen/core/Tensor.h>

namespace datasets {

struct Normalizer {
  // A dimension that hardly moves is not blown up to unit variance: its noise would drown the rest.
  static constexpr double kSmallestStd = 1e-3;

  at::Tensor mean_O;  // float32
  at::Tensor std_O;   // float32, at least kSmallestStd

  // Statistics of the rows, accumulated in float64.
  static Normalizer Fit(const at::Tensor& observation_NO);
  // Changes nothing.
  static Normalizer Identity(int64_t observation_dim);

  // (..., O) to (..., O).
  at::Tensor Apply(const at::Tensor& observation) const;
};

}  // namespace datasets

#endif  // DATASETS_NORMALIZER_H_
