#include "ring/runtime/shared_arena.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <cstring>

namespace ring {
namespace {

TEST(SharedArenaTest, APeerReadsWhatTheOwnerWroteInPlace) {
  const auto owner = SharedArena::Create(2);
  const auto peer = SharedArena::Open(owner->path(), 2);
  const int slot = owner->TryClaim(100).value();
  std::memset(owner->Map(slot, 100)->data(), 7, 100);
  EXPECT_EQ(peer->Map(slot, 100)->data()[99], std::byte{7});
}

TEST(SharedArenaTest, ASlotIsFreeWhenTheLastReferenceIsDropped) {
  const auto owner = SharedArena::Create(1);
  const auto peer = SharedArena::Open(owner->path(), 1);
  const int slot = owner->TryClaim(100).value();
  owner->AddReference(slot);
  owner->DropReference(slot);
  EXPECT_FALSE(owner->TryClaim(100).has_value());
  const uint32_t releases = owner->releases();
  peer->DropReference(slot);
  EXPECT_NE(owner->releases(), releases);
  EXPECT_EQ(owner->TryClaim(100), slot);
}

TEST(SharedArenaTest, MemoryIsUsedAgainAndGivenBack) {
  const auto owner = SharedArena::Create(8);
  constexpr size_t kLarge = 1 << 20, kSmall = 100'000;
  for (int repeat = 0; repeat < 20; ++repeat) {
    owner->DropReference(owner->TryClaim(kLarge).value());
    EXPECT_EQ(owner->touched_bytes(), kLarge);
  }
  owner->DropReference(owner->TryClaim(kSmall).value());
  EXPECT_LE(owner->touched_bytes(), kSmall + 4096);
}

TEST(SharedArenaTest, AMappingGrowsWithTheMessageAndOldOnesStayGood) {
  const auto owner = SharedArena::Create(1);
  const auto peer = SharedArena::Open(owner->path(), 1);
  int slot = owner->TryClaim(10).value();
  const auto small = peer->Map(slot, 10);
  owner->DropReference(slot);
  slot = owner->TryClaim(1 << 20).value();
  std::memset(owner->Map(slot, 1 << 20)->data(), 3, 1 << 20);
  EXPECT_EQ(peer->Map(slot, 1 << 20)->data()[(1 << 20) - 1], std::byte{3});
  EXPECT_EQ(small->data()[0], std::byte{3});
}

TEST(SharedArenaTest, TheOwnerMayLeaveFirst) {
  auto owner = SharedArena::Create(1);
  const auto peer = SharedArena::Open(owner->path(), 1);
  const int slot = owner->TryClaim(10).value();
  owner->Map(slot, 10)->data()[0] = std::byte{9};
  owner.reset();
  EXPECT_EQ(peer->Map(slot, 10)->data()[0], std::byte{9});
  peer->DropReference(slot);
}

TEST(SharedArenaTest, RefusesAnImpossibleNumberOfSlots) {
  EXPECT_THROW(SharedArena::Create(0), c10::ValueError);
  EXPECT_THROW(SharedArena::Create(1001), c10::ValueError);
}

}  // namespace
}  // namespace ring
