// A ring gives what dense attention gives, whatever the layout, length, mask, grouping of heads,
// method, transport and number of ranks. The oracle is the textbook formula in float64 with random
// upstream gradients; errors are relative, Frobenius, the largest of output and three gradients.
#include "tests/ring/attention/ring_case.h"
#include "tests/ring/random_tensors.h"
#include "tests/support/tolerance.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace ring {
namespace {

constexpr LayoutKind kLayouts[] = {LayoutKind::kContiguous, LayoutKind::kZigzag,
                                   LayoutKind::kStriped};

std::vector<AttentionMask> Masks(int64_t tokens) {
  const int64_t third = tokens / 3, half = std::max(tokens / 2, third + 1);
  std::vector<AttentionMask> masks = {{},
                                      {.causal = false},
                                      {.window = 1 + tokens / 5},
                                      {.causal = false, .window = 1 + tokens / 7},
                                      {.window = 2, .prefix = third}};
  if (third > 0 && half < tokens) {
    masks.push_back({.document_begins = {0, third, half}});
    masks.push_back({.causal = false, .prefix = 1, .document_begins = {0, third, half}});
  }
  return masks;
}

// Every layout with every length: one token, one less than ranks, as many, a prime and an uneven
// number; masks, heads and methods take turns, so that each pair of choices occurs somewhere.
std::vector<RingCase> Covering(int ring_size, Transport transport) {
  std::vector<RingCase> cases;
  size_t turn = static_cast<size_t>(ring_size);
  const std::set<int64_t> lengths = {1, std::max(ring_size - 1, 1), ring_size, 53,
                                     5 * ring_size + 3};
  for (const LayoutKind layout : kLayouts) {
    for (const int64_t tokens : lengths) {
      const std::vector<AttentionMask> masks = Masks(tokens);
      for (size_t repeat = 0; repeat < 3; ++repeat, ++turn) {
        RingCase ring_case = {.layout = layout,
                              .ring_size = ring_size,
                              .keys = tokens,
                              .mask = masks[turn % masks.size()],
                              .head_dim = 8,
                              .dtype = at::kDouble,
                              .transport = transport,
                              .seed = 301 + turn};
        ring_case.batch = turn % 4 == 0 ? 2 : 1;
        ring_case.key_heads = turn % 2 == 0 ? 1 : 2;
        ring_case.query_heads = ring_case.key_heads * (turn % 3 == 0 ? 3 : 1);
        if (turn % 5 == 0) ring_case.method = RingMethod::kAllGather;
        if (turn % 5 == 1) ring_case.queries = tokens / 2;
        cases.push_back(ring_case);
      }
    }
  }
  return cases;
}

struct Meeting {
  int ring_size;
  Transport transport;
};

class RingExactnessTest : public testing::TestWithParam<Meeting> {};

TEST_P(RingExactnessTest, EqualsDenseAttentionInDouble) {
  const std::vector<RingCase> cases = Covering(GetParam().ring_size, GetParam().transport);
  std::vector<WholeInputs> inputs;
  for (const RingCase& ring_case : cases) inputs.push_back(RandomInputs(ring_case));
  const std::vector<WholeResult> results = OnRing(cases, inputs);
  for (size_t i = 0; i < cases.size(); ++i) {
    // Sums of at most 100 terms in another order; a lost block or a wrong lse is off by 1e-1.
    EXPECT_LE(LargestError(results[i], Dense(cases[i], inputs[i])), tests::Tolerance(1e-12))
        << Describe(cases[i]);
  }
}

std::string NameOf(const testing::TestParamInfo<Meeting>& info) {
  return (info.param.transport == Transport::kGloo ? "GlooOf" : "SharedMemoryOf") +
         std::to_string(info.param.ring_size);
}

INSTANTIATE_TEST_SUITE_P(
    Rings, RingExactnessTest,
    testing::Values(Meeting{1, Transport::kGloo}, Meeting{2, Transport::kGloo},
                    Meeting{3, Transport::kGloo}, Meeting{4, Transport::kGloo},
                    Meeting{5, Transport::kGloo}, Meeting{7, Transport::kGloo},
                    Meeting{8, Transport::kGloo}, Meeting{16, Transport::kGloo},
                    Meeting{2, Transport::kSharedMemory}, Meeting{3, Transport::kSharedMemory},
                    Meeting{5, Transport::kSharedMemory}, Meeting{8, Transport::kSharedMemory},
                    Meeting{16, Transport::kSharedMemory}),
    NameOf);

// A ring of 64 has added 63 shares of a gradient: errors that grew with the ring would show.
TEST(RingPrecisionTest, FloatErrorsDoNotGrowWithTheRing) {
  RingCase ring_case = {.keys = 1024,
                        .query_heads = 1,
                        .key_heads = 1,
                        .head_dim = 64,
                        .transport = Transport::kSharedMemory};
  const WholeInputs inputs = RandomInputs(ring_case);
  const WholeResult expected = Dense(ring_case, inputs);
  const double alone = LargestError(OnRing(ring_case, inputs), expected);
  EXPECT_LE(alone, tests::Tolerance(1e-6));
  for (const int ring_size : {2, 4, 8, 16, 64}) {
    ring_case.ring_size = ring_size;
    const double error = LargestError(OnRing(ring_case, inputs), expected);
    EXPECT_LE(error, tests::Tolerance(1e-6)) << Describe(ring_case);
    // Rounding differs from one order of sums to another by some percent; growth would be by
    // the square root of 64 at least.
    EXPECT_LE(error, 1.25 * alone) << Describe(ring_case);
  }
}

// Of bfloat16 tensors each rank rounds what one rank would round, and nothing else: partial
// results and travelling gradients are float32.
TEST(RingPrecisionTest, BFloat16LosesNoMoreThanOneRankDoes) {
  RingCase ring_case = {.keys = 512,
                        .query_heads = 2,
                        .key_heads = 1,
                        .head_dim = 64,
                        .dtype = at::kBFloat16,
                        .transport = Transport::kSharedMemory};
  const WholeInputs inputs = RandomInputs(ring_case);
  const WholeResult expected = Dense(ring_case, inputs);
  const WholeResult alone = OnRing(ring_case, inputs);
  for (const int ring_size : {2, 3, 8, 16}) {
    ring_case.ring_size = ring_size;
    const WholeResult ours = OnRing(ring_case, inputs);
    for (const auto part : {&WholeResult::out_BHQD, &WholeResult::grad_q_BHQD,
                            &WholeResult::grad_k_BGKD, &WholeResult::grad_v_BGKD}) {
      EXPECT_LE(RelativeError(ours.*part, expected.*part),
                1.05 * RelativeError(alone.*part, expected.*part))
          << Describe(ring_case);
    }
  }
}

TEST(RingPrecisionTest, RunsAreIdenticalToTheBit) {
  for (const LayoutKind layout : kLayouts) {
    for (const Transport transport : {Transport::kGloo, Transport::kSharedMemory}) {
      const RingCase ring_case = {
          .layout = layout, .ring_size = 3, .keys = 301, .transport = transport};
      const WholeInputs inputs = RandomInputs(ring_case);
      const WholeResult first = OnRing(ring_case, inputs);
      for (int run = 0; run < 3; ++run) {
        EXPECT_TRUE(Identical(OnRing(ring_case, inputs), first)) << Describe(ring_case);
      }
    }
  }
}

// What travels is the same bytes, and sums have the same order, whoever carries it.
TEST(RingPrecisionTest, TransportsAgreeToTheBit) {
  RingCase ring_case = {.ring_size = 4, .keys = 203};
  const WholeInputs inputs = RandomInputs(ring_case);
  const WholeResult by_gloo = OnRing(ring_case, inputs);
  ring_case.transport = Transport::kSharedMemory;
  EXPECT_TRUE(Identical(OnRing(ring_case, inputs), by_gloo));
}

TEST(RingPrecisionTest, TheNumberOfThreadsDoesNotMatter) {
  const RingCase ring_case = {.ring_size = 2, .keys = 1100, .query_heads = 2, .key_heads = 1};
  const WholeInputs inputs = RandomInputs(ring_case);
  const auto with_threads = [&](int threads) {
    std::vector<WholeResult> shards(2);
    OnEveryRank(2, Transport::kGloo, [&](const Ring& ring) {
      at::set_num_threads(threads);
      shards[static_cast<size_t>(ring.rank())] = AttendShard(ring_case, inputs, ring);
    });
    return shards;
  };
  const std::vector<WholeResult> one = with_threads(1);
  for (const int threads : {2, 3}) {
    const std::vector<WholeResult> several = with_threads(threads);
    for (size_t rank = 0; rank < 2; ++rank) EXPECT_TRUE(Identical(several[rank], one[rank]));
  }
}

}  // namespace
}  // namespace ring
