#include "ring/runtime/hop.h"

#include <gtest/gtest.h>

namespace ring {
namespace {

TEST(HopTest, DescriptionNamesEverythingAReaderNeeds) {
  const Hop hop = {.pass = Pass::kBackward,
                   .cargo = Cargo::kGradients,
                   .layer = 3,
                   .round = 2,
                   .owner = 1,
                   .bytes = 4096};
  EXPECT_EQ(Describe(hop), "gradients of rank 1 (layer 3, backward, round 2, 4096 bytes)");
}

}  // namespace
}  // namespace ring
