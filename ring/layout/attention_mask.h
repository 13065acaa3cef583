// Which tokens of a context a query sees.
//
// Every mask is one range of positions per query, both ends of which never decrease, besides a
// prefix that everyone sees:
//
//   causal          keys up to the query's own position
//   window w        of those, the last w (without causal: the keys less than w away on either side)
//   documents       only keys of the query's own document
//   prefix p        the first p keys of the context, always, whatever the above say
//
// With Q queries and K keys the queries are the *last* Q of the K tokens: they continue a sequence.
#ifndef RING_LAYOUT_ATTENTION_MASK_H_
#define RING_LAYOUT_ATTENTION_MASK_H_

#include "ring/kernel/block_visibility.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ring {

struct AttentionMask {
  bool causal = true;
  int64_t window = 0;  // tokens; 0: no limit
  int64_t prefix = 0;  // tokens

  // Where the packed documents begin, ascending, the first at 0; empty: one document. The same on
  // every rank.
  std::vector<int64_t> document_begins = {};

  bool operator==(const AttentionMask&) const = default;
};

// Throws c10::ValueError naming the field that makes no sense for a context of `num_tokens`.
void Validate(const AttentionMask& mask, int64_t num_tokens);

// Positions [begin, end) of the context; empty when end <= begin.
struct PositionRange {
  int64_t begin = 0;
  int64_t end = 0;

  bool operator==(const PositionRange&) const = default;
};

// What each query sees besides the prefix. Positions ascend, and so do both ends of the ranges.
std::vector<PositionRange> VisiblePositions(const AttentionMask& mask,
                                            const std::vector<int64_t>& query_positions,
                                            int64_t num_tokens);

// What a block of queries sees of a block of keys. Positions are in the whole context, ascending.
BlockVisibility Visibility(const AttentionMask& mask, std::vector<int64_t> query_positions,
                           std::vector<int64_t> key_positions, int64_t num_tokens);

// The number of visible pairs, without the ranges: what planning a large ring asks for.
int64_t CountVisiblePairs(const AttentionMask& mask, const std::vector<int64_t>& query_positions,
                          const std::vector<int64_t>& key_positions, int64_t num_tokens);

// The same as a table (rows queries, columns keys), bool: the tests' oracle, written pair by pair.
at::Tensor DenseVisibility(const AttentionMask& mask, const std::vector<int64_t>& query_positions,
                           const std::vector<int64_t>& key_positions, int64_t num_tokens);

}  // namespace ring

#endif  // RING_LAYOUT_ATTENTION_MASK_H_
