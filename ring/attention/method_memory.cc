#include "ring/attention/method_memory.h"

#include "ring/attention/ring_memory.h"
#include "ring/kernel/block_attention.h"
#include "ring/kernel/block_visibility.h"

#include <c10/core/ScalarType.h>

#include <algorithm>

namespace ring {
namespace {

// Numbers of one call, counted: of the shard, and of what one rank sees of the whole context.
struct Sizes {
  Sizes(const AttentionPlan& plan, int64_t element_bytes)
      : element(element_bytes),
        wire(static_cast<int64_t>(c10::elementSize(plan.wire))),
        exact(static_cast<int64_t>(c10::elementSize(plan.exact))),
        queries(plan.queries.ShardSize(plan.rank)),
        keys(plan.keys.ShardSize(plan.rank)),
        per_query(plan.batch * plan.query_heads * plan.head_dim),
        per_key(plan.batch * plan.key_heads * plan.head_dim) {}

  int64_t Inputs() const { return (queries * per_query + 2 * keys * per_key) * element; }
  int64_t Output() const { return element == exact ? 0 : queries * per_query * element; }

  int64_t element, wire, exact;  // bytes of a number
  int64_t queries, keys;         // tokens of the shard
  int64_t per_query, per_key;    // numbers of a token, all heads
};

int64_t VisibilityBytes(int64_t queries, int64_t keys) {
  return (queries + keys) * static_cast<int64_t>(sizeof(IndexRange) + sizeof(int64_t));
}

BlockShape WholeShape(const AttentionPlan& plan, int64_t ranks_of_heads, int64_t queries) {
  return {.batch = plan.batch,
          .query_heads = plan.query_heads / ranks_of_heads,
          .key_heads = plan.key_heads / ranks_of_heads,
          .queries = queries,
          .max_keys = plan.keys.num_tokens(),
          .head_dim = plan.head_dim};
}

// out and lse of `queries` tokens with `numbers` each.
int64_t WholeBytes(const Sizes& sizes, const AttentionPlan& plan, int64_t numbers) {
  return (numbers + numbers / plan.head_dim) * sizes.exact;
}

MethodMemory RingBytes(const AttentionPlan& plan, int64_t element_bytes, bool shared_memory) {
  const RingMemory memory = PredictRingMemory(plan, element_bytes, shared_memory);
  const Sizes sizes(plan, element_bytes);
  return {.forward_bytes = memory.forward_bytes,
          .backward_bytes = memory.backward_bytes,
          .record_bytes = sizes.Inputs() + sizes.Output() +
                          WholeBytes(sizes, plan, sizes.queries * sizes.per_query)};
}

MethodMemory GatherBytes(const AttentionPlan& plan, int64_t element_bytes) {
  const Sizes sizes(plan, element_bytes);
  const bool alone = plan.ring_size() == 1;
  const int64_t all = plan.keys.num_tokens(), query_numbers = sizes.queries * sizes.per_query;
  const int64_t pair = 2 * all * sizes.per_key, own_pair = 2 * sizes.keys * sizes.per_key;
  const BlockShape shape = WholeShape(plan, /*ranks_of_heads=*/1, sizes.queries);
  const int64_t ranges = VisibilityBytes(sizes.queries, all);
  const int64_t whole = WholeBytes(sizes, plan, query_numbers);
  const int64_t record = sizes.Inputs() + sizes.Output() + whole;

  // The own, what came, that side by side, and in order.
  const int64_t coming_in = (alone ? pair : own_pair + 3 * pair) * sizes.wire;
  const int64_t computing =
      pair * sizes.wire + whole + ForwardPassBytes(shape, plan.kernel.operands) + ranges;
  const int64_t kept = pair * sizes.wire + query_numbers * sizes.exact;  // keys, values, grad_q
  const int64_t computing_back =
      kept + pair * sizes.exact + BackwardPassBytes(shape, plan.kernel.operands) + ranges;
  // Gradients, in parts for the ranks they go to, these side by side, and what came.
  const int64_t sending_back = kept + (alone ? 1 : 4) * pair * sizes.exact;
  return {
      .forward_bytes = sizes.Inputs() + std::max({coming_in, computing, whole + sizes.Output()}),
      .backward_bytes = record + query_numbers * sizes.element +
                        std::max({coming_in, computing_back, sending_back}),
      .record_bytes = record};
}

MethodMemory HeadBytes(const AttentionPlan& plan, int64_t element_bytes) {
  const Sizes sizes(plan, element_bytes);
  const int64_t n = plan.ring_size(), all_queries = plan.queries.num_tokens();
  const bool alone = n == 1;
  const int64_t query_numbers = all_queries * sizes.per_query / n;  // of this rank's heads
  const int64_t key_numbers = plan.keys.num_tokens() * sizes.per_key / n;
  const int64_t shard_numbers = sizes.queries * sizes.per_query;
  const BlockShape shape = WholeShape(plan, /*ranks_of_heads=*/n, all_queries);
  const int64_t ranges = VisibilityBytes(all_queries, plan.keys.num_tokens());

  // A rank alone exchanges nothing, and copies only to another type.
  const int64_t exchanged =
      alone && sizes.wire == sizes.element ? 0 : (query_numbers + 2 * key_numbers) * sizes.wire;
  const int64_t whole = WholeBytes(sizes, plan, query_numbers);
  const int64_t output = alone ? sizes.Output() : shard_numbers * sizes.element;
  const int64_t record = sizes.Inputs() + exchanged + whole + output;
  // An exchange takes what came, its parts side by side, and the result or the parts.
  const int64_t exchanging = alone ? 0 : 3 * query_numbers * sizes.exact;

  const int64_t kept = (alone ? 0 : query_numbers * sizes.element) +     // grad_out
                       (query_numbers + 2 * key_numbers) * sizes.exact;  // the others
  // The last exchange finds the results of the ones before.
  const int64_t exchanging_back =
      alone ? 0 : std::max(3 * query_numbers, query_numbers + 4 * key_numbers) * sizes.exact;
  return {.forward_bytes = sizes.Inputs() + exchanged + whole +
                           std::max({ForwardPassBytes(shape, plan.kernel.operands) + ranges,
                                     exchanging, output}),
          .backward_bytes =
              record + shard_numbers * sizes.element + kept +
              std::max(BackwardPassBytes(shape, plan.kernel.operands) + ranges, exchanging_back),
          .record_bytes = record};
}

}  // namespace

MethodMemory PredictMemory(const AttentionPlan& plan, int64_t element_bytes, bool shared_memory) {
  switch (plan.method) {
    case RingMethod::kAllGather:
      return GatherBytes(plan, element_bytes);
    case RingMethod::kHeads:
      return HeadBytes(plan, element_bytes);
    default:
      return RingBytes(plan, element_bytes, shared_memory);
  }
}

}  // namespace ring
