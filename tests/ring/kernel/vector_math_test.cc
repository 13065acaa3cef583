#include "ring/kernel/vector_math.h"

#include <ATen/ops/exp.h>
#include <ATen/ops/linspace.h>
#include <gtest/gtest.h>

#include <barrier>
#include <cmath>
#include <cstdint>
#include <thread>
#include <vector>

namespace ring {
namespace {

// In a less accurate mode the library is off by 1e-9.
TEST(VectorMathTest, ExponentialsOfThreadsThatStartTogetherAreAccurateToTheLastPlaces) {
  const at::Tensor x = at::linspace(-3.0, 3.0, 4096, at::kDouble);
  std::vector<at::Tensor> results(4);
  std::barrier start(static_cast<std::ptrdiff_t>(results.size()));
  std::vector<std::jthread> threads;
  for (at::Tensor& result : results) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      StartVectorMath();
      result = x.exp();
    });
  }
  threads.clear();
  for (const at::Tensor& result : results) {
    for (int64_t i = 0; i < x.numel(); ++i) {
      const double expected = std::exp(x.const_data_ptr<double>()[i]);
      EXPECT_NEAR(result.const_data_ptr<double>()[i], expected, 4e-16 * expected) << i;
    }
  }
}

}  // namespace
}  // namespace ring
