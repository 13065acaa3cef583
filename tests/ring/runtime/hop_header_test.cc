#include "ring/runtime/hop_header.h"

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

namespace ring {
namespace {

constexpr Hop kHop = {.pass = Pass::kBackward,
                      .cargo = Cargo::kGradients,
                      .layer = 3,
                      .round = 2,
                      .owner = 1,
                      .bytes = int64_t{1} << 40};

TEST(HopHeaderTest, DecodesToTheSameHop) { EXPECT_EQ(DecodeHop(EncodeHop(kHop)), kHop); }

TEST(HopHeaderTest, TheExpectedHopIsNoSurprise) {
  EXPECT_EQ(DifferenceFrom(kHop, HeaderTensor(kHop)), "");
}

TEST(HopHeaderTest, AnyOtherIsDescribed) {
  Hop other = kHop;
  other.layer = 4;
  EXPECT_EQ(DifferenceFrom(kHop, HeaderTensor(other)),
            "the peer sent " + Describe(other) + " instead");
  EXPECT_EQ(DifferenceFrom(kHop, at::zeros({8}, at::kLong)),
            "the peer sent something that is no message");
}

}  // namespace
}  // namespace ring
