#include "ring/attention/own_block.h"

#include <algorithm>

namespace ring {

int64_t HalfOfPairs(const BlockVisibility& block, int64_t granule) {
  const int64_t half = block.num_pairs() / 2;
  int64_t pairs = 0, key = 0;
  while (key < block.num_keys() && pairs < half) {
    const IndexRange& queries = block.queries_of_key[static_cast<size_t>(key++)];
    pairs += queries.end - queries.begin;
  }
  return std::min((key + granule / 2) / granule * granule, block.num_keys());
}

BlockVisibility OfKeys(const BlockVisibility& block, int64_t begin, int64_t end) {
  const auto first = static_cast<int32_t>(begin), last = static_cast<int32_t>(end);
  BlockVisibility part = {
      .num_prefix_keys = std::clamp(block.num_prefix_keys, first, last) - first,
      .keys_of_query = block.keys_of_query,
      .queries_of_key = {block.queries_of_key.begin() + first, block.queries_of_key.begin() + last},
      .query_positions = block.query_positions,
      .key_positions = {block.key_positions.begin() + first, block.key_positions.begin() + last}};
  for (IndexRange& keys : part.keys_of_query) {
    keys = {.begin = std::clamp(keys.begin, first, last) - first,
            .end = std::clamp(keys.end, first, last) - first};
  }
  return part;
}

}  // namespace ring
