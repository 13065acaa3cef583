#include "experiments/commands/measured_rates.h"

#include "ring/kernel/block_attention.h"
#include "ring/layout/attention_mask.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

namespace experiments {
namespace {

// Runs `work` for about a third of a second and returns the seconds of its fastest run: the first
// ones find caches and pages cold.
double FastestSeconds(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + std::chrono::milliseconds(300);
  double fastest = std::numeric_limits<double>::infinity();
  do {
    const Clock::time_point begin = Clock::now();
    work();
    fastest = std::min(fastest, std::chrono::duration<double>(Clock::now() - begin).count());
  } while (Clock::now() < end);
  return fastest;
}

}  // namespace

// Forward attention of 1024 tokens over as many, without a mask, by all threads of this process.
double MeasureFlops(const ring::RingProblem& problem) {
  constexpr int64_t kTokens = 1024;
  const at::Tensor x_BHTD =
      at::ones({1, 1, kTokens, problem.head_dim}, at::TensorOptions().dtype(problem.tensors));
  std::vector<int64_t> positions(kTokens);
  std::iota(positions.begin(), positions.end(), 0);
  const ring::BlockVisibility all =
      ring::Visibility({.causal = false}, positions, positions, kTokens);
  const double seconds = FastestSeconds([&] {
    const auto pass = ring::MakeForwardPass(x_BHTD, 1, kTokens, {.operands = problem.operands});
    pass->Attend(x_BHTD, x_BHTD, all);
    pass->Finish();
  });
  return 4.0 * kTokens * kTokens * static_cast<double>(problem.head_dim) / seconds;
}

double MeasureCopy() {
  constexpr int64_t kBytes = 64 << 20;
  const at::Tensor from = at::ones({kBytes}, at::kByte), to = at::empty({kBytes}, at::kByte);
  return kBytes / FastestSeconds([&] { to.copy_(from); });
}

}  // namespace experiments
