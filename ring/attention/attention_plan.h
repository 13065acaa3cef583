// One call of attention before a number is computed: shapes, types, who holds which tokens.
//
// What can be refused is refused here. Forward makes the plan and backward finds it again.
#ifndef RING_ATTENTION_ATTENTION_PLAN_H_
#define RING_ATTENTION_ATTENTION_PLAN_H_

#include "ring/attention/attention.h"
#include "ring/kernel/block_attention.h"
#include "ring/kernel/block_visibility.h"
#include "ring/layout/sequence_layout.h"

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ring {

struct AttentionPlan {
  int rank;
  RingMethod method;
  AttentionMask mask;
  SequenceLayout queries;  // the last of the keys' tokens
  SequenceLayout keys;
  int64_t batch, query_heads, key_heads, head_dim;

  BlockAttentionOptions kernel;
  at::ScalarType wire;  // of keys and values on their way: the narrower of theirs and the operands'
  at::ScalarType exact;  // of sums, results and gradients: float32, or float64 for float64 operands
  int32_t layer;

  int ring_size() const { return keys.ring_size(); }

  // Places in the keys' context, ascending.
  std::vector<int64_t> QueryPositions(int of_rank) const;
  std::vector<int64_t> KeyPositions(int of_rank) const { return keys.Positions(of_rank); }

  BlockVisibility Visible(std::vector<int64_t> query_positions,
                          std::vector<int64_t> key_positions) const;

  // What this rank's queries see of the keys of `owner`.
  BlockVisibility Visible(int owner) const {
    return Visible(QueryPositions(rank), KeyPositions(owner));
  }
};

// Throws c10::ValueError for what does not fit together.
AttentionPlan MakeAttentionPlan(const at::Tensor& q_BHQD, const at::Tensor& k_BGKD,
                                const at::Tensor& v_BGKD, const AttentionOptions& options,
                                const SequenceLayout& layout, const Ring& ring);

// All that ranks have to agree about, in one line: equal lines, equal plans.
std::string Describe(const AttentionPlan& plan);

}  // namespace ring

#endif  // RING_ATTENTION_ATTENTION_PLAN_H_
