// Random inputs of attention tests, from a written-down seed.
#ifndef TESTS_RING_RANDOM_TENSORS_H_
#define TESTS_RING_RANDOM_TENSORS_H_

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>

#include <cstdint>

namespace ring {

class RandomTensors {
 public:
  explicit RandomTensors(uint64_t seed) : generator_(at::detail::createCPUGenerator(seed)) {}

  at::Tensor Normal(at::IntArrayRef sizes, at::ScalarType dtype = at::kFloat) {
    return at::randn(sizes, generator_, at::TensorOptions().dtype(dtype));
  }

  // Seen as (B, H, T, D) but stored as (B, T, H, D), the order a fused projection leaves.
  at::Tensor NormalByToken(at::IntArrayRef sizes_BHTD, at::ScalarType dtype = at::kFloat) {
    return Normal({sizes_BHTD[0], sizes_BHTD[2], sizes_BHTD[1], sizes_BHTD[3]}, dtype)
        .transpose(1, 2);
  }

 private:
  at::Generator generator_;
};

// |a - b| / |b|, Frobenius, in double precision.
inline double RelativeError(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor difference = a.to(at::kDouble) - b.to(at::kDouble);
  return difference.norm().item<double>() / b.to(at::kDouble).norm().item<double>();
}

}  // namespace ring

#endif  // TESTS_RING_RANDOM_TENSORS_H_
