// The ranks that share one context, each holding a shard of its tokens.
//
// Everything above this folder passes a Ring along and never asks how large it is: a ring of one is
// the plain path, not a special case.
#ifndef RING_RING_H_
#define RING_RING_H_

#include <c10/util/Exception.h>

namespace ring {

class Ring {
 public:
  // A ring of `size` ranks seen from `rank`. Only rings of one process exist so far; a larger one
  // is refused (c10::ValueError) rather than computed wrongly.
  explicit Ring(int size = 1, int rank = 0) : size_(size), rank_(rank) {
    TORCH_CHECK_VALUE(size == 1, "a ring of ", size,
                      " processes is not supported yet: use a ring of one");
    TORCH_CHECK_VALUE(rank == 0, "rank ", rank, " is not in a ring of one: use rank 0");
  }

  int size() const { return size_; }
  int rank() const { return rank_; }

 private:
  int size_;
  int rank_;
};

}  // namespace ring

#endif  // RING_RING_H_
