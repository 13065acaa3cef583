#include "ring/kernel/backward_workspace.h"

#include <gtest/gtest.h>

namespace ring {
namespace {

constexpr int64_t kMebibyte = int64_t{1} << 20;

BlockShape Keys(int64_t batch, int64_t key_heads, int64_t max_keys, int64_t head_dim) {
  return {.batch = batch, .key_heads = key_heads, .max_keys = max_keys, .head_dim = head_dim};
}

// (5 * 256 + 4 * 128) rows of 128 floats are 0.875 MiB, within half of 2 MiB and of 1.75 MiB.
TEST(BackwardWorkspaceTest, ALargeTileNeedsALargeCache) {
  const BlockShape wide = Keys(1, 1, 16384, 128);
  EXPECT_EQ(KeysPerBackwardTile(wide, 2 * kMebibyte), 256);
  EXPECT_EQ(KeysPerBackwardTile(wide, 7 * kMebibyte / 4), 256);
  EXPECT_EQ(KeysPerBackwardTile(wide, 7 * kMebibyte / 4 - 2), 128);
  EXPECT_EQ(KeysPerBackwardTile(Keys(1, 1, 16384, 64), kMebibyte), 256);
  EXPECT_EQ(KeysPerBackwardTile(wide, 0), 128);
}

TEST(BackwardWorkspaceTest, ALargeTileNeedsKeysForManyThreads) {
  EXPECT_EQ(KeysPerBackwardTile(Keys(1, 1, 1792, 64), 2 * kMebibyte), 128);  // 7 tiles
  EXPECT_EQ(KeysPerBackwardTile(Keys(1, 1, 1793, 64), 2 * kMebibyte), 256);
  EXPECT_EQ(KeysPerBackwardTile(Keys(2, 2, 500, 64), 2 * kMebibyte), 256);
  EXPECT_EQ(KeysPerBackwardTile(Keys(3, 1, 500, 64), 2 * kMebibyte), 128);
}

TEST(BackwardWorkspaceTest, TheSizeOfTheCacheIsNeverNegative) {
  EXPECT_GE(SecondLevelCacheBytes(), 0);
}

}  // namespace
}  // namespace ring
