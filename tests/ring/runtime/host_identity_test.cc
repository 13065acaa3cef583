#include "ring/runtime/host_identity.h"

#include <gtest/gtest.h>

namespace ring {
namespace {

TEST(HostIdentityTest, IsTheSameEveryTimeAndNotEmpty) {
  EXPECT_EQ(HostIdentity(), HostIdentity());
  EXPECT_GT(HostIdentity().size(), 30u);
}

TEST(HostIdentityTest, LoopbackLeadsToLoopback) {
  EXPECT_EQ(AddressTowards("127.0.0.1", 29500), "127.0.0.1");
}

TEST(HostIdentityTest, AnUnknownHostIsReturnedAsItIs) {
  EXPECT_EQ(AddressTowards("no such host", 29500), "no such host");
}

}  // namespace
}  // namespace ring
