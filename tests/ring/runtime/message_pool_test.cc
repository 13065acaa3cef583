#include "ring/runtime/message_pool.h"

#include <gtest/gtest.h>

#include <vector>

namespace ring {
namespace {

TEST(MessagePoolTest, ReusesABufferThatTheMessageFillsByHalf) {
  MessagePool pool(4);
  const void* const first = pool.Take(1000).bytes().data_ptr();
  EXPECT_EQ(pool.Take(700).bytes().data_ptr(), first);
  EXPECT_EQ(pool.Take(500).bytes().data_ptr(), first);
  EXPECT_EQ(pool.capacity_bytes(), 1000);
}

TEST(MessagePoolTest, ANewSizeReplacesAFreeBuffer) {
  MessagePool pool(4);
  pool.Take(1000);
  pool.Take(100);
  EXPECT_EQ(pool.capacity_bytes(), 100);
  pool.Take(5000);
  EXPECT_EQ(pool.capacity_bytes(), 5000);
}

TEST(MessagePoolTest, HoldsNoMoreBuffersThanWereInUseAtOnce) {
  MessagePool pool(3);
  for (int repeat = 0; repeat < 50; ++repeat) {
    const std::vector<Message> held = {pool.Take(64), pool.Take(64 + repeat)};
    EXPECT_LE(pool.capacity_bytes(), 2 * (64 + repeat));
  }
}

TEST(MessagePoolTest, CopiesAreTheSameMessage) {
  MessagePool pool(1);
  Message first = pool.Take(8);
  const Message second = first;
  first = {};
  EXPECT_THROW(pool.Take(8), c10::Error) << "the copy still holds it";
}

TEST(MessagePoolTest, MessagesMayOutliveThePool) {
  Message message;
  {
    MessagePool pool(1);
    message = pool.Take(8);
  }
  message.bytes().fill_(1);
}

TEST(MessagePoolTest, EmptyMessagesAreMessages) {
  MessagePool pool(1);
  const Message message = pool.Take(0);
  EXPECT_TRUE(message);
  EXPECT_EQ(message.bytes().numel(), 0);
}

}  // namespace
}  // namespace ring
