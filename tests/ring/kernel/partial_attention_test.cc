#include "ring/kernel/partial_attention.h"

#include "ring/kernel/dense_attention.h"
#include "tests/ring/random_tensors.h"
#include "tests/support/tolerance.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <limits>

namespace ring {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Attention of the same queries over three disjoint blocks of keys, and over all of them.
class MergeTest : public testing::Test {
 protected:
  MergeTest() {
    RandomTensors random(301);
    const at::Tensor q = random.Normal({2, 3, 5, 8}, at::kDouble);
    const at::Tensor k = random.Normal({2, 3, 12, 8}, at::kDouble) * 4;
    const at::Tensor v = random.Normal({2, 3, 12, 8}, at::kDouble);
    const auto over = [&](int64_t begin, int64_t length) {
      return DenseAttention(q, k.narrow(2, begin, length), v.narrow(2, begin, length), {});
    };
    first_ = over(0, 4), second_ = over(4, 7), third_ = over(11, 1), whole_ = over(0, 12);
  }

  static void ExpectNear(const PartialAttention& a, const PartialAttention& b) {
    const double tolerance = tests::Tolerance(1e-13);  // a few roundings of double
    EXPECT_TRUE(at::allclose(a.out_BHQD, b.out_BHQD, tolerance, tolerance));
    EXPECT_TRUE(at::allclose(a.lse_BHQ, b.lse_BHQ, tolerance, tolerance));
  }

  PartialAttention first_, second_, third_, whole_;
};

TEST_F(MergeTest, EqualsTheAttentionOverTheUnion) {
  ExpectNear(Merge(Merge(first_, second_), third_), whole_);
}

TEST_F(MergeTest, DoesNotDependOnOrderOrGrouping) {
  ExpectNear(Merge(third_, Merge(second_, first_)), whole_);
  ExpectNear(Merge(Merge(first_, third_), second_), whole_);
}

TEST_F(MergeTest, HiddenRowsChangeNothingOnEitherSide) {
  const PartialAttention nothing = {.out_BHQD = at::zeros_like(whole_.out_BHQD),
                                    .lse_BHQ = at::full_like(whole_.lse_BHQ, -kInfinity)};
  for (const PartialAttention& merged : {Merge(nothing, whole_), Merge(whole_, nothing)}) {
    EXPECT_TRUE(at::equal(merged.out_BHQD, whole_.out_BHQD));
    EXPECT_TRUE(at::equal(merged.lse_BHQ, whole_.lse_BHQ));
  }
}

TEST_F(MergeTest, RowsHiddenInBothStayZeroAndMinusInfinity) {
  const PartialAttention nothing = {.out_BHQD = at::zeros_like(whole_.out_BHQD),
                                    .lse_BHQ = at::full_like(whole_.lse_BHQ, -kInfinity)};
  const PartialAttention merged = Merge(nothing, nothing);
  EXPECT_TRUE(at::equal(merged.out_BHQD, nothing.out_BHQD));
  EXPECT_TRUE(at::equal(merged.lse_BHQ, nothing.lse_BHQ));
}

TEST_F(MergeTest, LargeScoresDoNotOverflow) {
  const PartialAttention loud = {.out_BHQD = first_.out_BHQD, .lse_BHQ = first_.lse_BHQ + 1e4};
  ExpectNear(Merge(second_, loud), loud);
}

}  // namespace
}  // namespace ring
