// The memory attention over a ring needs on one rank: a formula, held against measured peaks.
//
// With blocks of the largest shard's size and E bytes an element, per token:
//
//   forward    q, k, v                          (H + 2G) D E        the inputs
//              out, lse                         H (D + 1) X         kept for backward
//              two messages of keys and values  4 G D W             the visitor and the next one
//              the kernel's pass
//   backward   q, k, v, out, lse, and
//              grad_out, grad_q                 H D (E + X)
//              grad_k, grad_v                   2 G D X
//              a message of keys and values     2 G D W             the last visitor
//              four messages of gradients       8 G D X             this rank's share, a sum that
//              the kernel's pass                                    leaves, one that comes, home
//
// W: bytes an element on the wire; X: of an exact one (4, or 8 for float64). Nothing in it grows
// with the ring.
//
// With shared memory a message lies with the rank that made it, and no copy with those that read
// it: one block of keys and values instead of two, two messages of gradients instead of four.
#ifndef RING_ATTENTION_RING_MEMORY_H_
#define RING_ATTENTION_RING_MEMORY_H_

#include "ring/attention/attention_plan.h"

#include <cstdint>

namespace ring {

struct RingMemory {
  int64_t forward_bytes;   // at the peak of forward, inputs and output included
  int64_t backward_bytes;  // at the peak of backward, the output's gradient included
};

// Of one call of method kRing under a mask that makes every block go round. `element_bytes` of the
// tensors the call is given.
RingMemory PredictRingMemory(const AttentionPlan& plan, int64_t element_bytes, bool shared_memory);

}  // namespace ring

#endif  // RING_ATTENTION_RING_MEMORY_H_
