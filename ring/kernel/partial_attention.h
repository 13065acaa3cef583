// What attention over some of the keys leaves behind, and how two such leftovers become one.
//
// A softmax over many keys does not need the keys side by side. Each block of keys leaves two
// things: `out`, its own normalised average of the values, and `lse`, the log of its normaliser.
// Two such pairs merge exactly, in any order.
//
// Shapes: B batch, H heads, Q query tokens, D head dimension.
#ifndef RING_KERNEL_PARTIAL_ATTENTION_H_
#define RING_KERNEL_PARTIAL_ATTENTION_H_

#include <ATen/core/Tensor.h>

namespace ring {

struct PartialAttention {
  at::Tensor out_BHQD;
  at::Tensor lse_BHQ;  // natural log; -infinity, with out = 0, for a query that saw no key
};

// The attention over the union of the keys seen by `a` and by `b`. A query that saw no key in one
// of them keeps the other's result to the bit; one that saw none in either stays at (0, -infinity).
PartialAttention Merge(const PartialAttention& a, const PartialAttention& b);

}  // namespace ring

#endif  // RING_KERNEL_PARTIAL_ATTENTION_H_
