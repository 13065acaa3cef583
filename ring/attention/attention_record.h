// What the methods of attention take and leave, whichever way the ranks get to each other's keys.
//
// Shapes: B batch, H heads of queries, G heads of keys, Q and K tokens, D head dimension.
#ifndef RING_ATTENTION_ATTENTION_RECORD_H_
#define RING_ATTENTION_ATTENTION_RECORD_H_

#include "ring/kernel/partial_attention.h"

#include <ATen/core/Tensor.h>

namespace ring {

struct AttentionInputs {
  at::Tensor q_BHQD;
  at::Tensor k_BGKD;
  at::Tensor v_BGKD;
};

// What forward keeps for backward. `whole` is over all keys, unrounded.
struct AttentionRecord {
  AttentionInputs inputs;
  PartialAttention whole;
};

// Float32 (float64) whatever the type of the inputs.
struct ShardGradients {
  at::Tensor grad_q_BHQD;
  at::Tensor grad_k_BGKD;
  at::Tensor grad_v_BGKD;
};

}  // namespace ring

#endif  // RING_ATTENTION_ATTENTION_RECORD_H_
