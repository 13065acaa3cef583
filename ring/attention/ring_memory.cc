#include "ring/attention/ring_memory.h"

#include "ring/attention/ring_travel.h"
#include "ring/kernel/block_attention.h"

#include <c10/core/ScalarType.h>

#include <algorithm>

namespace ring {
namespace {

struct MessageCounts {
  int64_t blocks, gradients;
};

// The most messages of each kind that a rank has in its own memory at a time.
MessageCounts CountMessages(int ring_size, bool shared_memory) {
  if (ring_size == 1) return {.blocks = 0, .gradients = 0};
  if (shared_memory) return {.blocks = 1, .gradients = std::min(ring_size - 1, 2)};
  // On a ring of two the only visitor's gradients leave when those for the own block arrive.
  return {.blocks = 2, .gradients = std::min(ring_size, 3)};
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
  const MessageCounts messages = CountMessages(plan.ring_size(), shared_memory);
  const KeyValueFormat block({plan.batch, plan.key_heads, keys, plan.head_dim}, plan.wire);
  const KeyValueFormat gradient({plan.batch, plan.key_heads, keys, plan.head_dim}, plan.exact);

  const int64_t inputs = (query_numbers + 2 * key_numbers) * element_bytes;
  const int64_t record = query_numbers * exact_bytes + query_numbers / plan.head_dim * exact_bytes;
  // An output of another type than the record's is a second tensor.
  const int64_t output = element_bytes == exact_bytes ? 0 : query_numbers * element_bytes;
  const int64_t held = inputs + record + messages.blocks * block.bytes();
  return {.forward_bytes = held + std::max(output, ForwardPassBytes(shape, plan.kernel.operands) +
                                                       VisibilityBytes(queries, keys)),
          .backward_bytes = held + output + query_numbers * (element_bytes + exact_bytes) +
                            2 * key_numbers * exact_bytes + messages.gradients * gradient.bytes() +
                            BackwardPassBytes(shape, plan.kernel.operands) +
                            2 * VisibilityBytes(queries, keys)};
}

}  // namespace ring
