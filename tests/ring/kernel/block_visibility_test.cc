#include "ring/kernel/block_visibility.h"

#include <gtest/gtest.h>

namespace ring {
namespace {

TEST(BlockVisibilityTest, PairsAreThePrefixOfEveryQueryAndItsOwnRange) {
  const BlockVisibility block = {
      .num_prefix_keys = 2,
      .keys_of_query = {{.begin = 2, .end = 2}, {.begin = 2, .end = 4}, {.begin = 3, .end = 4}},
      .queries_of_key = {{0, 3}, {0, 3}, {1, 2}, {1, 3}},
      .query_positions = {5, 6, 7},
      .key_positions = {0, 1, 6, 7}};
  EXPECT_EQ(block.num_queries(), 3);
  EXPECT_EQ(block.num_keys(), 4);
  EXPECT_EQ(block.num_pairs(), 3 * 2 + 0 + 2 + 1);
}

TEST(BlockVisibilityTest, ABlockWithoutTokensHasNoPairs) {
  EXPECT_EQ(BlockVisibility{}.num_pairs(), 0);
}

}  // namespace
}  // namespace ring
