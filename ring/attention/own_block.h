// A rank's own block in two parts, so that a backward pass can begin and end with computing.
//
// Something has to be computed while the first block of keys is on its way here, and something
// while the last gradients are on their way home. The own block needs no message, so half of it is
// done first and half last. It is cut between two keys, where half of its visible pairs are on
// either side; under a causal mask that is near the 29th of 100 keys, because everybody sees the
// early ones:
//
//            keys, first | last
//   query 0  x           |
//   query 1  x x         |
//   query 2  x x         | x
//   query 3  x x         | x x
#ifndef RING_ATTENTION_OWN_BLOCK_H_
#define RING_ATTENTION_OWN_BLOCK_H_

#include "ring/kernel/block_visibility.h"

#include <cstdint>

namespace ring {

// The key to cut at: a multiple of `granule` (whole tiles of a kernel), 0 <= key <= num_keys.
int64_t HalfOfPairs(const BlockVisibility& block, int64_t granule);

// What the same queries see of the keys [begin, end) of the block.
BlockVisibility OfKeys(const BlockVisibility& block, int64_t begin, int64_t end);

}  // namespace ring

#endif  // RING_ATTENTION_OWN_BLOCK_H_
