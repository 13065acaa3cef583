#include "ring/runtime/mailboxes.h"

#include <gtest/gtest.h>

#include <thread>

namespace ring {
namespace {

std::shared_ptr<SharedMapping> Memory(int size) {
  const SharedFile file = SharedFile::Create("test", Mailboxes::Bytes(size));
  return std::make_shared<SharedMapping>(file, 0, Mailboxes::Bytes(size));
}

Parcel Numbered(int slot) { return {.header = {}, .arena = 0, .slot = slot}; }

TEST(MailboxesTest, EveryPairHasAQueueOfItsOwn) {
  const auto memory = Memory(3);
  Mailboxes zero(memory, 0, 3), one(memory, 1, 3), two(memory, 2, 3);
  ASSERT_TRUE(zero.TryPost(2, Numbered(5)));
  ASSERT_TRUE(one.TryPost(2, Numbered(6)));
  EXPECT_FALSE(two.TryTake(2).has_value());
  EXPECT_FALSE(one.TryTake(0).has_value());
  EXPECT_EQ(two.TryTake(1)->slot, 6);
  EXPECT_EQ(two.TryTake(0)->slot, 5);
  EXPECT_FALSE(two.TryTake(0).has_value());
}

TEST(MailboxesTest, AFullQueueRefusesUntilOneIsTaken) {
  const auto memory = Memory(2);
  Mailboxes sender(memory, 0, 2), receiver(memory, 1, 2);
  for (uint32_t i = 0; i < Mailboxes::kCapacity; ++i) {
    ASSERT_TRUE(sender.TryPost(1, Numbered(static_cast<int>(i))));
  }
  EXPECT_FALSE(sender.TryPost(1, Numbered(99)));
  EXPECT_EQ(receiver.TryTake(0)->slot, 0);
  EXPECT_TRUE(sender.TryPost(1, Numbered(99)));
}

TEST(MailboxesTest, ParcelsArriveWholeAndInOrder) {
  const auto memory = Memory(2);
  constexpr int kParcels = 20'000;
  std::jthread writer([&] {
    Mailboxes sender(memory, 0, 2);
    for (int i = 0; i < kParcels; ++i) {
      Parcel parcel = Numbered(i);
      parcel.header.fill(i);
      while (!sender.TryPost(1, parcel)) sender.SleepWhileFull(1, std::chrono::seconds(5));
    }
  });
  Mailboxes receiver(memory, 1, 2);
  bool whole = true;
  for (int i = 0; i < kParcels; ++i) {
    std::optional<Parcel> parcel;
    while (!(parcel = receiver.TryTake(0))) receiver.SleepWhileEmpty(0, std::chrono::seconds(5));
    whole = whole && parcel->slot == i;
    for (const int64_t field : parcel->header) whole = whole && field == i;
  }
  EXPECT_TRUE(whole);
}

}  // namespace
}  // namespace ring
