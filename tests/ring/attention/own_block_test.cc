#include "ring/attention/own_block.h"

#include "ring/layout/attention_mask.h"
#include "ring/layout/sequence_layout.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace ring {
namespace {

// Rank 1 of 3 over 90 tokens, laid out in three ways, under each kind of mask.
std::vector<BlockVisibility> Blocks() {
  std::vector<BlockVisibility> blocks;
  const AttentionMask masks[] = {{},
                                 {.causal = false},
                                 {.window = 7},
                                 {.window = 7, .prefix = 35},
                                 {.document_begins = {0, 20, 33, 70}}};
  for (const LayoutKind kind :
       {LayoutKind::kContiguous, LayoutKind::kZigzag, LayoutKind::kStriped}) {
    const std::vector<int64_t> positions = SequenceLayout::Make(kind, 90, 3).Positions(1);
    for (const AttentionMask& mask : masks) {
      blocks.push_back(Visibility(mask, positions, positions, /*num_tokens=*/90));
    }
  }
  return blocks;
}

bool Sees(const BlockVisibility& block, int64_t query, int64_t key) {
  const IndexRange keys = block.keys_of_query[static_cast<size_t>(query)];
  return key < block.num_prefix_keys || (keys.begin <= key && key < keys.end);
}

bool IsSeenBy(const BlockVisibility& block, int64_t query, int64_t key) {
  const IndexRange queries = block.queries_of_key[static_cast<size_t>(key)];
  return queries.begin <= query && query < queries.end;
}

TEST(OwnBlockTest, EveryPairIsInThePartOfItsKeyAndInNoOther) {
  for (const BlockVisibility& block : Blocks()) {
    for (const int64_t middle : {0, 1, 11, 30}) {
      const BlockVisibility first = OfKeys(block, 0, middle);
      const BlockVisibility last = OfKeys(block, middle, block.num_keys());
      ASSERT_EQ(first.num_keys() + last.num_keys(), block.num_keys());
      for (int64_t query = 0; query < block.num_queries(); ++query) {
        for (int64_t key = 0; key < block.num_keys(); ++key) {
          const BlockVisibility& part = key < middle ? first : last;
          const int64_t index = key < middle ? key : key - middle;
          ASSERT_EQ(Sees(part, query, index), Sees(block, query, key)) << query << " " << key;
          ASSERT_EQ(IsSeenBy(part, query, index), Sees(block, query, key)) << query << " " << key;
          ASSERT_EQ(part.key_positions[static_cast<size_t>(index)],
                    block.key_positions[static_cast<size_t>(key)]);
        }
      }
    }
  }
}

TEST(OwnBlockTest, HalfOfThePairsAreOnEitherSide) {
  for (const BlockVisibility& block : Blocks()) {
    const int64_t middle = HalfOfPairs(block, /*granule=*/1);
    // One key more or less is at most all queries.
    EXPECT_NEAR(static_cast<double>(OfKeys(block, 0, middle).num_pairs()),
                static_cast<double>(block.num_pairs()) / 2,
                static_cast<double>(block.num_queries()));
  }
}

TEST(OwnBlockTest, CutsBetweenTilesAndInsideTheBlock) {
  const AttentionMask causal = {};
  const std::vector<int64_t> positions = SequenceLayout::Contiguous(1000, 1).Positions(0);
  const BlockVisibility block = Visibility(causal, positions, positions, 1000);
  EXPECT_EQ(HalfOfPairs(block, 128), 256);  // 293 halves a triangle of 1000
  EXPECT_EQ(HalfOfPairs(block, 4096), 0);
  EXPECT_EQ(HalfOfPairs(Visibility(causal, {}, {}, 1000), 128), 0);
}

}  // namespace
}  // namespace ring
