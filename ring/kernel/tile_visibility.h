// Visibility within a tile: its lanes (tokens of one side) against rows (tokens of the
// other).
//
// In forward the lanes are queries and the rows keys, in backward the other way round; both need
// the same two things, which rows to compute at all and which scores to hide.
#ifndef RING_KERNEL_TILE_VISIBILITY_H_
#define RING_KERNEL_TILE_VISIBILITY_H_

#include "ring/kernel/block_visibility.h"

#include <cstdint>

namespace ring {

struct SeenRows {
  int64_t begin = 0;  // rows outside [begin, end) see no lane
  int64_t end = 0;
  bool whole = false;  // every row of [begin, end) sees every lane: nothing to hide

  int64_t count() const { return end - begin; }
};

// Of rows [first, first + count), those that some lane sees. Lane l sees rows below `prefix`, and
// rows_of_lane[l].
struct RowWindow {
  int64_t first = 0;
  int64_t count = 0;
  int64_t prefix = 0;
};
SeenRows FindSeenRows(const IndexRange* rows_of_lane, int64_t num_lanes, const RowWindow& window);

// Sets to -infinity what row r does not see: lanes that stand for tokens outside lanes_of_row[r]
// and not below `prefix`. Lane 0 stands for token `first_lane`. `score` is num_rows x kScoreLanes.
template <typename T>
void HideUnseen(const IndexRange* lanes_of_row, int64_t num_rows, int64_t first_lane,
                int64_t prefix, T* score);

}  // namespace ring

#endif  // RING_KERNEL_TILE_VISIBILITY_H_
