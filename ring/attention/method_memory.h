// The memory attention needs on one rank, for each way of getting to the other ranks' keys.
//
// A ring's is ring_memory.h's formula. The others, with N tokens in the whole context and n ranks:
//
//   all-gather  the keys and values of all N tokens, and in backward their gradients; three times
//               while they come in (as received, side by side, in order) and four times while
//               gradients leave
//   heads       1/n of the heads of all N tokens, as much as a shard has, besides the shard itself;
//               three times the tensor that is being exchanged
//
// What grows with n is the all-gather: a rank's share of the rest falls as 1/n.
#ifndef RING_ATTENTION_METHOD_MEMORY_H_
#define RING_ATTENTION_METHOD_MEMORY_H_

#include "ring/attention/attention_plan.h"

#include <cstdint>

namespace ring {

struct MethodMemory {
  int64_t forward_bytes = 0;   // at the peak of forward, inputs and output included
  int64_t backward_bytes = 0;  // at the peak of backward, the output's gradient included
  int64_t record_bytes = 0;    // between the two: what a layer keeps while others compute
};

// Of one call by plan.method. `element_bytes` of the tensors the call is given.
MethodMemory PredictMemory(const AttentionPlan& plan, int64_t element_bytes, bool shared_memory);

}  // namespace ring

#endif  // RING_ATTENTION_METHOD_MEMORY_H_
