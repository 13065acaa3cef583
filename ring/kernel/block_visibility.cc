#include "ring/kernel/block_visibility.h"

namespace ring {

int64_t BlockVisibility::num_pairs() const {
  int64_t pairs = 0;
  for (const IndexRange& keys : keys_of_query) {
    pairs += num_prefix_keys;
    if (keys.end > keys.begin) pairs += keys.end - keys.begin;
  }
  return pairs;
}

}  // namespace ring
