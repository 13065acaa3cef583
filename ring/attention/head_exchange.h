// Attention after exchanging tokens for heads (DeepSpeed-Ulysses): every rank computes some of the
// heads over the whole context, which needs no layout to be balanced.
//
//   rank r:  all heads of shard r   --all-to-all-->   heads [r H/n, (r+1) H/n) of all tokens
//
// Two exchanges each way, of all that a rank holds. The number of key heads must be a multiple of
// the ring's size.
//
// Shapes: B batch, H heads, Q this rank's query tokens, D head dimension.
#ifndef RING_ATTENTION_HEAD_EXCHANGE_H_
#define RING_ATTENTION_HEAD_EXCHANGE_H_

#include "ring/attention/attention_plan.h"
#include "ring/attention/attention_record.h"
#include "ring/runtime/ring.h"

#include <ATen/core/Tensor.h>

namespace ring {

struct HeadExchangeResult {
  at::Tensor out_BHQD;     // of this rank's tokens, unrounded
  AttentionRecord record;  // of this rank's heads, what HeadExchangeBackward needs
};

HeadExchangeResult HeadExchangeForward(const AttentionPlan& plan, const AttentionInputs& inputs,
                                       const Ring& ring);

ShardGradients HeadExchangeBackward(const AttentionPlan& plan, const AttentionRecord& record,
                                    const at::Tensor& grad_out_BHQD, const Ring& ring);

}  // namespace ring

#endif  // RING_ATTENTION_HEAD_EXCHANGE_H_
