// The tiles of keys that a tile of queries has to do with, in closed form.
//
// What a query sees is a prefix of the keys and one range, so the tiles are [0, prefix_end) and
// [begin, end). Knowing the one before each makes a chain of them, along which turns are passed.
#ifndef RING_KERNEL_VISITED_TILES_H_
#define RING_KERNEL_VISITED_TILES_H_

#include "ring/kernel/block_visibility.h"

#include <cstdint>

namespace ring {

struct VisitedTiles {
  int32_t prefix_end = 0;
  int32_t begin = 0;  // >= prefix_end
  int32_t end = 0;

  bool Visits(int32_t tile) const { return tile < prefix_end || (tile >= begin && tile < end); }

  // The last visited tile before the visited `tile`; -1 if there is none.
  int32_t Previous(int32_t tile) const { return (tile == begin ? prefix_end : tile) - 1; }
};

// Of queries [first_query, first_query + num_queries), for tiles of `tile_size` keys.
VisitedTiles FindVisitedTiles(const BlockVisibility& visibility, int64_t first_query,
                              int64_t num_queries, int64_t tile_size);

}  // namespace ring

#endif  // RING_KERNEL_VISITED_TILES_H_
