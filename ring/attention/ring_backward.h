// Backward round the ring: a sandwich, computing at both ends.
//
//   post receive 1, send own        first half of the own block
//   wait 1, post 2, send 1 on       visitor 1; its gradients go after it
//   wait 2, post 3, send 2 on       visitor 2, plus the gradients that came with it; after it
//   ...                             the gradients of the last one: home
//                                   second half of the own block
//   wait                            plus the own gradients that came home
//
// A block's gradients start at the first rank that sees some of it and take n - 1 hops in float32
// (float64), added to in a fixed order: they are exact at any ring size. The owner's share never
// travels. Forward leaves nothing behind but the rank's own shard, the unrounded out and lse.
//
// Shapes: B batch, H heads, Q this rank's query tokens, D head dimension.
#ifndef RING_ATTENTION_RING_BACKWARD_H_
#define RING_ATTENTION_RING_BACKWARD_H_

#include "ring/attention/attention_plan.h"
#include "ring/attention/attention_record.h"
#include "ring/runtime/ring.h"

#include <ATen/core/Tensor.h>

namespace ring {

ShardGradients RingBackward(const AttentionPlan& plan, const AttentionRecord& record,
                            const at::Tensor& grad_out_BHQD, const Ring& ring);

}  // namespace ring

#endif  // RING_ATTENTION_RING_BACKWARD_H_
