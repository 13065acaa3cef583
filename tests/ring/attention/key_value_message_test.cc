#include "ring/attention/key_value_message.h"

#include "tests/ring/random_tensors.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace ring {
namespace {

Message MakeMessage(int64_t bytes) {
  return {at::empty({bytes}, at::TensorOptions().dtype(at::kByte)), nullptr};
}

TEST(KeyValueMessageTest, GivesBackWhatWasPacked) {
  RandomTensors random(301);
  const at::Tensor k = random.NormalByToken({2, 3, 5, 7}), v = random.Normal({2, 3, 5, 7});
  const KeyValueFormat format({2, 3, 5, 7}, at::kFloat);
  Message message = MakeMessage(format.bytes());
  format.Pack(k, v, message);
  EXPECT_TRUE(at::equal(format.First(message), k));
  EXPECT_TRUE(at::equal(format.Second(message), v));
}

TEST(KeyValueMessageTest, RoundsToTheTypeOfTheWireAsACastDoes) {
  RandomTensors random(301);
  const at::Tensor k = random.Normal({1, 1, 9, 4}), v = random.Normal({1, 1, 9, 4});
  const KeyValueFormat format({1, 1, 9, 4}, at::kBFloat16);
  Message message = MakeMessage(format.bytes());
  format.Pack(k, v, message);
  EXPECT_TRUE(at::equal(format.First(message), k.to(at::kBFloat16)));
  EXPECT_TRUE(at::equal(format.Second(message), v.to(at::kBFloat16)));
}

// 2 x 3 x 5 x 7 floats are 840 bytes, in whole lines of 64: 896.
TEST(KeyValueMessageTest, BothHalvesBeginOnALineOfCache) {
  EXPECT_EQ(KeyValueFormat({2, 3, 5, 7}, at::kFloat).bytes(), 2 * 896);
  EXPECT_EQ(KeyValueFormat({2, 3, 5, 7}, at::kBFloat16).bytes(), 2 * 448);
  EXPECT_EQ(KeyValueFormat({1, 1, 16, 4}, at::kDouble).bytes(), 2 * 512);
}

TEST(KeyValueMessageTest, ABlockWithoutTokensIsAnEmptyMessage) {
  RandomTensors random(301);
  const at::Tensor nothing = random.Normal({2, 3, 0, 7});
  const KeyValueFormat format({2, 3, 0, 7}, at::kFloat);
  EXPECT_EQ(format.bytes(), 0);
  Message message = MakeMessage(format.bytes());
  format.Pack(nothing, nothing, message);
  EXPECT_EQ(format.Second(message).numel(), 0);
}

TEST(KeyValueMessageTest, FlatReachesEveryNumber) {
  const KeyValueFormat format({1, 2, 3, 5}, at::kFloat);
  Message message = MakeMessage(format.bytes());
  format.Flat(message).fill_(2.0);
  EXPECT_EQ(format.First(message).sum().item<float>(), 60.0F);
  EXPECT_EQ(format.Second(message).sum().item<float>(), 60.0F);
}

}  // namespace
}  // namespace ring
