#include "ring/layout/attention_mask.h"

#include "tests/ring/layout_cases.h"

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace ring {
namespace {

using Table = std::vector<std::vector<bool>>;  // [query][key]

Table AsTable(const at::Tensor& visible_QK) {
  Table table(static_cast<size_t>(visible_QK.size(0)),
              std::vector<bool>(static_cast<size_t>(visible_QK.size(1))));
  const bool* visible = visible_QK.const_data_ptr<bool>();
  for (std::vector<bool>& row : table) {
    for (size_t key = 0; key < row.size(); ++key) row[key] = *visible++;
  }
  return table;
}

bool Holds(const IndexRange& range, size_t index) {
  return range.begin <= static_cast<int32_t>(index) && static_cast<int32_t>(index) < range.end;
}

Table SeenByQueries(const BlockVisibility& block) {
  Table table(block.keys_of_query.size(), std::vector<bool>(block.queries_of_key.size()));
  for (size_t query = 0; query < table.size(); ++query) {
    for (size_t key = 0; key < table[query].size(); ++key) {
      table[query][key] = static_cast<int32_t>(key) < block.num_prefix_keys ||
                          Holds(block.keys_of_query[query], key);
    }
  }
  return table;
}

Table SeenByKeys(const BlockVisibility& block) {
  Table table(block.keys_of_query.size(), std::vector<bool>(block.queries_of_key.size()));
  for (size_t query = 0; query < table.size(); ++query) {
    for (size_t key = 0; key < table[query].size(); ++key) {
      table[query][key] = Holds(block.queries_of_key[key], query);
    }
  }
  return table;
}

// Both ends never decrease, and stay in 0 .. limit, with begin <= end.
bool Ascend(const std::vector<IndexRange>& ranges, size_t first, int32_t least, int64_t limit) {
  IndexRange last = {.begin = least, .end = least};
  for (size_t i = first; i < ranges.size(); ++i) {
    if (ranges[i].begin < last.begin || ranges[i].end < last.end) return false;
    if (ranges[i].begin > ranges[i].end || ranges[i].end > limit) return false;
    last = ranges[i];
  }
  return true;
}

int64_t Count(const Table& table) {
  int64_t count = 0;
  for (const std::vector<bool>& row : table) {
    count += std::count(row.begin(), row.end(), true);
  }
  return count;
}

void ExpectRangesEqualTable(const LayoutCase& ring, int rank, int owner) {
  const int64_t num_tokens = ring.keys.num_tokens();
  const std::vector<int64_t> queries = ring.QueryPositions(rank), keys = ring.KeyPositions(owner);
  const Table table = AsTable(DenseVisibility(ring.mask, queries, keys, num_tokens));
  const BlockVisibility block = Visibility(ring.mask, queries, keys, num_tokens);
  ASSERT_EQ(SeenByQueries(block), table) << ring.name;
  ASSERT_EQ(SeenByKeys(block), table) << ring.name;
  ASSERT_EQ(block.num_pairs(), Count(table)) << ring.name;
  ASSERT_EQ(CountVisiblePairs(ring.mask, queries, keys, num_tokens), Count(table)) << ring.name;
  ASSERT_EQ(block.query_positions, queries);
  ASSERT_EQ(block.key_positions, keys);
  ASSERT_TRUE(Ascend(block.keys_of_query, 0, block.num_prefix_keys, block.num_keys())) << ring.name;
  const size_t first = static_cast<size_t>(block.num_prefix_keys);
  ASSERT_TRUE(Ascend(block.queries_of_key, first, 0, block.num_queries())) << ring.name;
}

TEST(AttentionMaskTest, RangesEqualThePairByPairTableForEveryBlockOfEveryRing) {
  ForEachLayoutCase({1, 2, 3, 4, 5, 7, 8, 16}, [](const LayoutCase& ring) {
    if (::testing::Test::HasFatalFailure()) return;
    for (int rank = 0; rank < ring.keys.ring_size(); ++rank) {
      for (int owner = 0; owner < ring.keys.ring_size(); ++owner) {
        ExpectRangesEqualTable(ring, rank, owner);
      }
    }
  });
}

// Rows by hand: '#' where the query sees the key.
void ExpectTable(const AttentionMask& mask, const std::vector<int64_t>& queries,
                 const std::vector<std::string>& rows) {
  const int64_t num_keys = static_cast<int64_t>(rows[0].size());
  std::vector<int64_t> keys;
  for (int64_t key = 0; key < num_keys; ++key) keys.push_back(key);
  const Table table = AsTable(DenseVisibility(mask, queries, keys, num_keys));
  std::vector<std::string> drawn;
  for (const std::vector<bool>& row : table) {
    drawn.emplace_back();
    for (const bool visible : row) drawn.back() += visible ? '#' : '.';
  }
  EXPECT_EQ(drawn, rows) << Describe(mask);
}

TEST(AttentionMaskTest, EachFieldMeansWhatItSays) {
  ExpectTable({}, {0, 1, 2}, {"#..", "##.", "###"});
  ExpectTable({.causal = false}, {0, 2}, {"###", "###"});
  ExpectTable({.window = 2}, {0, 1, 2, 3}, {"#...", "##..", ".##.", "..##"});
  ExpectTable({.causal = false, .window = 2}, {0, 1, 2, 3}, {"##..", "###.", ".###", "..##"});
  ExpectTable({.document_begins = {0, 1, 3}}, {0, 1, 2, 3}, {"#...", ".#..", ".##.", "...#"});
  ExpectTable({.causal = false, .document_begins = {0, 2}}, {0, 1, 2, 3},
              {"##..", "##..", "..##", "..##"});
  ExpectTable({.prefix = 2}, {0, 1, 2, 3}, {"##..", "##..", "###.", "####"});
  ExpectTable({.window = 1, .prefix = 1, .document_begins = {0, 2}}, {1, 2, 3},
              {"##..", "#.#.", "#..#"});
}

TEST(AttentionMaskTest, QueriesThatContinueASequenceSeeAllBeforeThem) {
  ExpectTable({}, {2, 3}, {"###.", "####"});  // Q = 2 of K = 4
}

TEST(AttentionMaskTest, ACountOfAMillionTokensNeedsNoTable) {
  const SequenceLayout layout = SequenceLayout::Contiguous(1 << 20, 1);
  const std::vector<int64_t> all = layout.Positions(0);
  const int64_t n = layout.num_tokens();
  EXPECT_EQ(CountVisiblePairs({}, all, all, n), n * (n + 1) / 2);
  // The first 9 see fewer than 10.
  EXPECT_EQ(CountVisiblePairs({.window = 10}, all, all, n), 10 * n - 45);
}

void ExpectRefused(const AttentionMask& mask, int64_t num_tokens, const std::string& part) {
  try {
    Validate(mask, num_tokens);
    ADD_FAILURE() << "accepted: " << Describe(mask);
  } catch (const c10::ValueError& error) {
    EXPECT_NE(std::string(error.what_without_backtrace()).find(part), std::string::npos)
        << error.what_without_backtrace();
  }
}

TEST(AttentionMaskTest, NamesTheFieldThatMakesNoSense) {
  ExpectRefused({.window = -1}, 8, "window");
  ExpectRefused({.prefix = -1}, 8, "prefix of -1");
  ExpectRefused({.prefix = 9}, 8, "prefix of 9");
  ExpectRefused({.document_begins = {1, 4}}, 8, "first document must begin at token 0");
  ExpectRefused({.document_begins = {0, 4, 4}}, 8, "4 follows 4");
  ExpectRefused({.document_begins = {0, 8}}, 8, "begins at token 8");
  EXPECT_NO_THROW(Validate({.window = 9, .prefix = 8, .document_begins = {0, 7}}, 8));
  EXPECT_NO_THROW(Validate({.document_begins = {0}}, 0));
}

}  // namespace
}  // namespace ring
