#include "ring/kernel/visited_tiles.h"

#include <algorithm>
#include <limits>

namespace ring {

VisitedTiles FindVisitedTiles(const BlockVisibility& visibility, int64_t first_query,
                              int64_t num_queries, int64_t tile_size) {
  int64_t begin = std::numeric_limits<int64_t>::max(), end = 0;
  for (int64_t query = first_query; query < first_query + num_queries; ++query) {
    const IndexRange& keys = visibility.keys_of_query[static_cast<size_t>(query)];
    if (keys.end <= keys.begin) continue;
    begin = std::min<int64_t>(begin, keys.begin);
    end = std::max<int64_t>(end, keys.end);
  }
  const auto prefix_end =
      static_cast<int32_t>((visibility.num_prefix_keys + tile_size - 1) / tile_size);
  if (end == 0) return {.prefix_end = prefix_end, .begin = prefix_end, .end = prefix_end};
  const auto begin_tile = std::max(static_cast<int32_t>(begin / tile_size), prefix_end);
  const auto end_tile = static_cast<int32_t>((end + tile_size - 1) / tile_size);
  return {.prefix_end = prefix_end, .begin = begin_tile, .end = std::max(end_tile, begin_tile)};
}

}  // namespace ring
