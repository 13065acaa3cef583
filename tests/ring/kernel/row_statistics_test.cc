#include "ring/kernel/row_statistics.h"

#include "tests/ring/random_tensors.h"
#include "tests/support/tolerance.h"

#include <gtest/gtest.h>

#include <limits>
#include <numbers>
#include <vector>

namespace ring {
namespace {

TEST(RowStatisticsTest, DeltaUsesRoundedGradientsAndTheUnroundedResult) {
  RandomTensors random(301);
  const at::Tensor out = random.NormalByToken({1, 2, 6, 20});
  const at::Tensor grad = random.NormalByToken({1, 2, 6, 20});
  const at::Tensor lse = random.Normal({6});
  lse[4] = -std::numeric_limits<float>::infinity();
  const BlockAttentionOptions options = {.scale = 0.5, .operands = at::kBFloat16};
  std::vector<float> lse_log2(6, -7.0F), delta(6, -7.0F), scratch(40);
  ComputeRowStatistics<float>({.out = HeadOf(out, 0, 1),
                               .grad_out = HeadOf(grad, 0, 1),
                               .lse = lse.const_data_ptr<float>(),
                               .lse_stride = 1},
                              {.begin = 2, .end = 6}, options, scratch.data(),
                              {.lse_log2 = lse_log2.data(), .scaled_delta = delta.data()});
  const at::Tensor rounded = grad[0][1].to(at::kBFloat16).to(at::kDouble);
  const at::Tensor expected = (out[0][1].to(at::kDouble) * rounded).sum(1) * options.scale;
  for (int64_t query = 2; query < 6; ++query) {
    const auto i = static_cast<size_t>(query);
    EXPECT_NEAR(delta[i], expected[query].item<double>(), tests::Tolerance(1e-6));
    if (query == 4) continue;
    EXPECT_NEAR(lse_log2[i], lse[query].item<double>() * std::numbers::log2e,
                tests::Tolerance(1e-6));
  }
  EXPECT_EQ(lse_log2[4], std::numeric_limits<float>::infinity());
  EXPECT_EQ(delta[1], -7.0F);
}

}  // namespace
}  // namespace ring
