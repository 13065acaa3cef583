#include "ring/layout/sequence_layout.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace ring {
namespace {

TEST(SequenceLayoutTest, RingOfOneHoldsEveryToken) {
  const SequenceLayout layout = SequenceLayout::Contiguous(/*num_tokens=*/7, /*ring_size=*/1);
  ASSERT_EQ(layout.Shard(0).size(), 1U);
  EXPECT_EQ(layout.Shard(0)[0], (TokenRange{.begin = 0, .end = 7}));
}

TEST(SequenceLayoutTest, ContiguousShardsTileTheContextAndDifferByAtMostOne) {
  for (const int ring_size : {1, 2, 3, 5}) {
    for (const int64_t num_tokens : {0, 1, 4, 15, 16, 17}) {
      const SequenceLayout layout = SequenceLayout::Contiguous(num_tokens, ring_size);
      int64_t next = 0;
      for (int rank = 0; rank < ring_size; ++rank) {
        EXPECT_EQ(layout.Shard(rank)[0].begin, next);
        next = layout.Shard(rank)[0].end;
        EXPECT_LE(layout.ShardSize(0) - layout.ShardSize(rank), 1);
        EXPECT_GE(layout.ShardSize(0), layout.ShardSize(rank));
      }
      EXPECT_EQ(next, num_tokens);
    }
  }
}

TEST(SequenceLayoutTest, StridedRangeCountsOnlyItsOwnTokens) {
  EXPECT_EQ((TokenRange{.begin = 1, .end = 8, .stride = 3}).size(), 3);  // 1, 4, 7
  EXPECT_EQ((TokenRange{.begin = 8, .end = 8, .stride = 3}).size(), 0);
}

TEST(SequenceLayoutTest, RefusesImpossibleRequests) {
  EXPECT_THROW(SequenceLayout::Contiguous(-1, 1), c10::ValueError);
  EXPECT_THROW(SequenceLayout::Contiguous(4, 0), c10::ValueError);
  EXPECT_THROW(SequenceLayout::Contiguous(4, 2).Shard(2), c10::Error);
}

}  // namespace
}  // namespace ring
