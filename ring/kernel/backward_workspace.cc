#include "ring/kernel/backward_workspace.h"

#include <unistd.h>

namespace ring {

int64_t KeysPerBackwardTile(const BlockShape& shape, int64_t cache_bytes) {
  constexpr int64_t kSmallTile = kMaxBackwardKeyTile / 2;
  // A rank of a large ring has few keys and few threads: its tiles had better be large.
  constexpr int64_t kEnoughTiles = 8;
  // Keys twice and values once, packed, and the gradients of both; queries and their gradients as
  // they are and, at most, packed. Half of the cache is left to what passes by.
  const int64_t rows = 5 * kMaxBackwardKeyTile + 4 * kBackwardQueryTile;
  const bool fits = rows * shape.head_dim * static_cast<int64_t>(sizeof(float)) <= cache_bytes / 2;
  const int64_t tiles_of_head = (shape.max_keys + kMaxBackwardKeyTile - 1) / kMaxBackwardKeyTile;
  const bool enough = shape.batch * shape.key_heads * tiles_of_head >= kEnoughTiles;
  return fits && enough ? kMaxBackwardKeyTile : kSmallTile;
}

int64_t SecondLevelCacheBytes() {
  return std::max<int64_t>(sysconf(_SC_LEVEL2_CACHE_SIZE), 0);  // -1 where it is not known
}

}  // namespace ring
