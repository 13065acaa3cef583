#include "datasets/normalizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/std.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

namespace datasets {

Normalizer Normalizer::Fit(const at::Tensor& observation_NO) {
  TORCH_CHECK_VALUE(observation_NO.dim() == 2 && observation_NO.size(0) > 0,
                    "observations must be (N, O) with N > 0, got ", observation_NO.sizes());
  const at::Tensor wide_NO = observation_NO.to(at::kDouble);
  return {
      .mean_O = wide_NO.mean(/*dim=*/0).to(at::kFloat),
      .std_O = wide_NO.std(/*dim=*/0, /*unbiased=*/false).clamp_min(kSmallestStd).to(at::kFloat)};
}

Normalizer Normalizer::Identity(int64_t observation_dim) {
  return {.mean_O = at::zeros({observation_dim}), .std_O = at::ones({observation_dim})};
}

at::Tensor Normalizer::Apply(const at::Tensor& observation) const {
  TORCH_CHECK(observation.size(-1) == mean_O.size(0), "observations have ", observation.size(-1),
              " dimensions, the normalizer has ", mean_O.size(0));
  return (observation - mean_O) / std_O;
}

}  // namespace datasets
