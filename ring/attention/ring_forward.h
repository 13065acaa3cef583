// Forward round the ring: queries stay at home, keys and values come by.
//
//   post receive 1, send own        own block
//   wait 1, post 2, send 1 on       visitor 1        every hop has a whole block's work to hide in
//   wait 2, post 3, send 2 on       visitor 2
//   ...
//
// Memory is that of the shard and two more blocks of keys and values, whatever the ring's size.
#ifndef RING_ATTENTION_RING_FORWARD_H_
#define RING_ATTENTION_RING_FORWARD_H_

#include "ring/attention/attention_plan.h"
#include "ring/attention/attention_record.h"
#include "ring/kernel/partial_attention.h"
#include "ring/runtime/ring.h"

namespace ring {

// Of this rank's queries over the keys of all ranks.
PartialAttention RingForward(const AttentionPlan& plan, const AttentionInputs& inputs,
                             const Ring& ring);

}  // namespace ring

#endif  // RING_ATTENTION_RING_FORWARD_H_
