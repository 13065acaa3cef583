// Which pairs of a block of queries and a block of keys are visible, as ranges of indices.
//
// The tokens of a block are in ascending order of position, and every mask this project has shows a
// query one range of positions, besides a prefix that everyone sees. So what a query sees of a
// block is the block's first few keys and one range of the others, and what a key is seen by is one
// range of queries. A kernel needs no positions, no layouts and no masks: only these ranges.
//
// Queries ascend, so both ends of the ranges never decrease from one query to the next, nor from
// one key to the next (ranges of tokens that see nothing are empty and lie where that still holds).
#ifndef RING_KERNEL_BLOCK_VISIBILITY_H_
#define RING_KERNEL_BLOCK_VISIBILITY_H_

#include <cstdint>
#include <vector>

namespace ring {

struct IndexRange {
  int32_t begin = 0;
  int32_t end = 0;  // first index excluded

  bool operator==(const IndexRange&) const = default;
};

struct BlockVisibility {
  // Keys [0, num_prefix_keys) of the block are seen by every query.
  int32_t num_prefix_keys = 0;

  // [query] the other keys it sees; begin >= num_prefix_keys.
  std::vector<IndexRange> keys_of_query;

  // [key] the queries that see it; for a prefix key, all of them.
  std::vector<IndexRange> queries_of_key;

  // Places of the tokens in the whole context, ascending: what dropout is keyed on.
  std::vector<int64_t> query_positions;
  std::vector<int64_t> key_positions;

  int64_t num_queries() const { return static_cast<int64_t>(keys_of_query.size()); }
  int64_t num_keys() const { return static_cast<int64_t>(queries_of_key.size()); }

  // Visible (query, key) pairs: the block's work.
  int64_t num_pairs() const;
};

}  // namespace ring

#endif  // RING_KERNEL_BLOCK_VISIBILITY_H_
