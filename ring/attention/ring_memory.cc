#include "ring/attention/ring_memory.h"

#include "ring/attention/ring_travel.h"
#include "ring/kernel/block_attention.h"

#include <c10/core/ScalarType.h>

#include <algorithm>
#include <array>

namespace ring {
namespace {

// Of messages that a rank has in its own memory at a time, the most.
struct MessageBytes {
  int64_t forward = 0, backward = 0;
};

MessageBytes CountMessages(const AttentionPlan& plan, bool shared_memory) {
  const std::array<int64_t, 4> sizes_BGKD = {plan.batch, plan.key_heads, plan.keys.MaxShardSize(),
                                             plan.head_dim};
  const int64_t block = KeyValueFormat(sizes_BGKD, plan.wire).bytes();
  const int64_t gradient = KeyValueFormat(sizes_BGKD, plan.exact).bytes();
  const int size = plan.ring_size();
  if (size == 1) return {};
  if (shared_memory) {
    return {.forward = block, .backward = block + (size == 2 ? 1 : 2) * gradient};
  }
  // On a ring of two the only visitor's sum leaves when the own one comes home.
  return {.forward = 2 * block, .backward = block + (size == 2 ? 2 : 4) * gradient};
}

// Ranges and places of a block's tokens, of queries and keys.
int64_t VisibilityBytes(int64_t queries, int64_t keys) {
  return (queries + keys) * static_cast<int64_t>(sizeof(IndexRange) + sizeof(int64_t));
}

}  // namespace

RingMemory PredictRingMemory(const AttentionPlan& plan, int64_t element_bytes, bool shared_memory) {
  const int64_t exact_bytes = static_cast<int64_t>(c10::elementSize(plan.exact));
  const int64_t queries = plan.queries.ShardSize(plan.rank), keys = plan.keys.MaxShardSize();
  const int64_t query_numbers = plan.batch * plan.query_heads * queries * plan.head_dim;
  const int64_t key_numbers = plan.batch * plan.key_heads * keys * plan.head_dim;
  const BlockShape shape = {.batch = plan.batch,
                            .query_heads = plan.query_heads,
                            .key_heads = plan.key_heads,
                            .queries = queries,
                            .max_keys = keys,
                            .head_dim = plan.head_dim};
  const MessageBytes messages = CountMessages(plan, shared_memory);

  const int64_t inputs = (query_numbers + 2 * key_numbers) * element_bytes;
  const int64_t record = query_numbers * exact_bytes + query_numbers / plan.head_dim * exact_bytes;
  // An output of another type than the record's is a second tensor.
  const int64_t output = element_bytes == exact_bytes ? 0 : query_numbers * element_bytes;
  const int64_t held = inputs + record;
  const int64_t forward_pass =
      ForwardPassBytes(shape, plan.kernel.operands) + VisibilityBytes(queries, keys);
  const int64_t backward_pass =
      BackwardPassBytes(shape, plan.kernel.operands) + 2 * VisibilityBytes(queries, keys);
  const int64_t gradients =
      query_numbers * (element_bytes + exact_bytes) + 2 * key_numbers * exact_bytes;
  return {.forward_bytes = held + messages.forward + std::max(output, forward_pass),
          .backward_bytes = held + output + gradients + messages.backward + backward_pass};
}

}  // namespace ring
