#include "ring/parallel/collectives.h"

#include "tests/support/run_ring.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

namespace ring {
namespace {

class EveryRingSizeTest : public testing::TestWithParam<int> {
 protected:
  // Runs `body` on every rank and counts those for which it holds.
  template <class Body>
  void ExpectOnEveryRank(const Body& body) {
    std::atomic<int> held = 0;
    tests::RunRing(GetParam(), [&](const Ring& ring) { held += body(ring) ? 1 : 0; });
    EXPECT_EQ(held, GetParam());
  }
};

TEST_P(EveryRingSizeTest, SumsEveryTensorInPlaceWhateverItsShape) {
  const int n = GetParam();
  ExpectOnEveryRank([n](const Ring& ring) {
    const double mine = ring.rank() + 1, sum = n * (n + 1) / 2;
    const std::vector<at::Tensor> tensors = {at::full({}, mine), at::full({0}, mine),
                                             at::arange(6, at::kFloat).view({2, 3}).mul(mine).t()};
    SumOverRing(tensors, ring, "numbers");
    return tensors[0].item<double>() == sum &&
           at::equal(tensors[2], at::arange(6, at::kFloat).view({2, 3}).mul(sum).t());
  });
}

TEST_P(EveryRingSizeTest, CopiesTheFirstRanksTensorsAndText) {
  ExpectOnEveryRank([](const Ring& ring) {
    const at::Tensor matrix = at::full({2, 3}, ring.rank() + 5.0);
    const at::Tensor transposed = at::full({3, 2}, ring.rank() + 7.0, at::kDouble).t();
    CopyFromFirst({matrix, transposed}, ring, "state");
    const std::string text = TextOfFirst("rank " + std::to_string(ring.rank()), ring, "text");
    const std::string none = TextOfFirst(ring.rank() == 0 ? "" : "something", ring, "text");
    return at::equal(matrix, at::full({2, 3}, 5.0)) && text == "rank 0" && none.empty() &&
           at::equal(transposed, at::full({2, 3}, 7.0, at::kDouble));
  });
}

TEST_P(EveryRingSizeTest, GathersTextsOfAnyLengthInRankOrder) {
  const int n = GetParam();
  ExpectOnEveryRank([n](const Ring& ring) {
    std::vector<std::string> expected;
    for (int rank = 0; rank < n; ++rank) expected.emplace_back(static_cast<size_t>(rank), 'x');
    return GatherTexts(expected[static_cast<size_t>(ring.rank())], ring, "texts") == expected;
  });
}

TEST_P(EveryRingSizeTest, OneRankThatWantsToStopIsEnough) {
  const int last = GetParam() - 1;
  ExpectOnEveryRank([last](const Ring& ring) {
    return AnyOfRing(ring.rank() == last, ring, "stop") && !AnyOfRing(false, ring, "stop");
  });
}

TEST_P(EveryRingSizeTest, RanksThatDescribeTheSameAgree) {
  ExpectOnEveryRank([](const Ring& ring) {
    AgreeOverRing("three layers", ring, "the network");
    WaitForAll(ring, "the end", std::chrono::seconds(10));
    return WaitedSeconds(ring) >= 0;
  });
}

INSTANTIATE_TEST_SUITE_P(RingSizes, EveryRingSizeTest, testing::Values(1, 2, 3));

TEST(CollectivesTest, RanksThatDescribeDifferentThingsAllFail) {
  std::atomic<int> failures = 0;
  tests::RunRing(3, [&](const Ring& ring) {
    try {
      AgreeOverRing(ring.rank() == 2 ? "four layers" : "three layers", ring, "the network");
    } catch (const CommunicationError& error) {
      const std::string message = error.what();
      if (message.find("the network") != std::string::npos) ++failures;
    }
  });
  EXPECT_EQ(failures, 3);
}

}  // namespace
}  // namespace ring
