// Attention after collecting every rank's keys and values: two large messages instead of n - 1.
//
// One kernel call over the whole context serves rings whose shards are too small to hide a hop.
// The price is memory for the keys and values of the whole context, and in backward for their
// gradients, on every rank; and nothing is hidden.
//
// Shapes: B batch, H heads, Q this rank's query tokens, D head dimension.
#ifndef RING_ATTENTION_GATHER_ATTENTION_H_
#define RING_ATTENTION_GATHER_ATTENTION_H_

#include "ring/attention/attention_plan.h"
#include "ring/attention/attention_record.h"
#include "ring/kernel/partial_attention.h"
#include "ring/runtime/ring.h"

#include <ATen/core/Tensor.h>

namespace ring {

PartialAttention GatherForward(const AttentionPlan& plan, const AttentionInputs& inputs,
                               const Ring& ring);

ShardGradients GatherBackward(const AttentionPlan& plan, const AttentionRecord& record,
                              const at::Tensor& grad_out_BHQD, const Ring& ring);

}  // namespace ring

#endif  // RING_ATTENTION_GATHER_ATTENTION_H_
