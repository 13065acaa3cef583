// One attention problem, solved three ways: by a ring of ranks, by one rank, and by the dense
// formula in float64 (the oracle).
//
// Ranks are threads of the test; their results are joined and compared on the main thread.
//
// Shapes: B batch, H heads of queries, G heads of keys, Q and K tokens of the whole context, D head
// dimension.
#ifndef TESTS_RING_ATTENTION_RING_CASE_H_
#define TESTS_RING_ATTENTION_RING_CASE_H_

#include "ring/attention/attention.h"
#include "ring/attention/attention_plan.h"
#include "ring/layout/sequence_layout.h"
#include "ring/runtime/ring.h"
#include "ring/runtime/world.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ring {

struct RingCase {
  LayoutKind layout = LayoutKind::kZigzag;
  int ring_size = 1;
  int64_t keys = 0;
  int64_t queries = -1;  // the last of the keys; -1: all of them
  AttentionMask mask = {};
  int64_t batch = 1, query_heads = 2, key_heads = 2, head_dim = 16;
  RingMethod method = RingMethod::kRing;
  at::ScalarType dtype = at::kFloat;
  AttentionDropout dropout = {};
  Transport transport = Transport::kGloo;
  uint64_t seed = 301;

  int64_t num_queries() const { return queries < 0 ? keys : queries; }
};

// For failures: "zigzag n 3 tokens 37 ...".
std::string Describe(const RingCase& ring_case);

struct WholeInputs {
  at::Tensor q_BHQD, k_BGKD, v_BGKD, grad_out_BHQD;
};

struct WholeResult {
  at::Tensor out_BHQD, grad_q_BHQD, grad_k_BGKD, grad_v_BGKD;
};

// Of the case's type, stored by token.
WholeInputs RandomInputs(const RingCase& ring_case);

// Runs `body` once per rank, each on its own thread with one thread for computing. What it throws
// is thrown here.
void OnEveryRank(int ring_size, Transport transport, const std::function<void(const Ring&)>& body);

// This rank's shards of the inputs, attended forward and backward.
WholeResult AttendShard(const RingCase& ring_case, const WholeInputs& inputs, const Ring& ring);

WholeResult OnRing(const RingCase& ring_case, const WholeInputs& inputs);

// The same for many cases of one ring size and transport, which meet once for all of them.
std::vector<WholeResult> OnRing(const std::vector<RingCase>& cases,
                                const std::vector<WholeInputs>& inputs);

WholeResult Dense(const RingCase& ring_case, const WholeInputs& inputs);

// Largest relative Frobenius error of the four parts, of those that `expected` has at all.
double LargestError(const WholeResult& result, const WholeResult& expected);

// Of the case on a ring, random inputs, against the dense formula.
double ErrorOnRing(const RingCase& ring_case);

// Same numbers to the bit.
bool Identical(const WholeResult& a, const WholeResult& b);

}  // namespace ring

#endif  // TESTS_RING_ATTENTION_RING_CASE_H_
