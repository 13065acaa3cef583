// What attention over a ring will cost, before anything runs, and which method is the fastest that
// fits: arithmetic with the lengths of shards, the pairs that are visible, and two measured rates.
//
// Work: a visible pair of a query and a key costs 4 D operations a query head in forward (a score,
// a weighted value) and 10 D in backward. A rank's work is taken to be spread evenly over the
// blocks it sees something of, which it is for zigzag and striped under a causal or no mask.
//
// A hop of keys and values hides behind computing when a shard has at least this many tokens:
//
//   forward    G W / (2 H phi) x F / B           W, X: bytes of a number on the wire, exact
//   backward   G (W + X) / (5 H phi) x F / B     phi: visible share of the pairs of a visit
//
// that is F / B for as many key heads as query heads, 16-bit keys and no mask.
//
// Letters: H query heads, G key heads, D head dimension, F operations a second of one rank, B bytes
// a second a rank sends while it receives as many.
#ifndef RING_ATTENTION_RING_PLANNER_H_
#define RING_ATTENTION_RING_PLANNER_H_

#include "ring/attention/attention.h"
#include "ring/layout/attention_mask.h"
#include "ring/layout/sequence_layout.h"

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ring {

struct RingProblem {
  int64_t num_tokens = 0;  // of the whole context, queries and keys
  int ring_size = 1;
  LayoutKind layout = LayoutKind::kZigzag;
  int64_t granule = 1;
  AttentionMask mask = {};

  int64_t batch = 1, query_heads = 1, key_heads = 1, head_dim = 64;
  int64_t layers = 1;                    // whose records are kept for backward at a time
  at::ScalarType tensors = at::kFloat;   // queries, keys and values as they are given
  at::ScalarType operands = at::kFloat;  // what products are computed from
  bool shared_memory = false;            // ranks on one host: a hop is read where it was written
};

struct RingRates {
  double flops_per_second = 0.0;     // F
  double bytes_per_second = 0.0;     // B
  double seconds_per_message = 0.0;  // besides its bytes
};

// One pass of one layer.
struct PassPrediction {
  double flops = 0.0;            // of the busiest rank
  int64_t bytes_sent = 0;        // by the busiest sender, all rounds together
  int64_t bytes_per_round = 0;   // the most a rank sends in one of them
  double compute_seconds = 0.0;  // of the busiest rank
  double exposed_seconds = 0.0;  // that nothing hides; compute + exposed is the wall time
};

struct MethodPrediction {
  RingMethod method = RingMethod::kRing;
  std::string obstacle = {};  // why it cannot be used at all; empty: it can
  PassPrediction forward = {}, backward = {};
  int64_t forward_bytes = 0;   // peak of one rank when nothing is kept for backward
  int64_t training_bytes = 0;  // peak of one rank in backward, with the records of all layers

  double seconds() const {
    return forward.compute_seconds + forward.exposed_seconds + backward.compute_seconds +
           backward.exposed_seconds;
  }
};

struct RingPrediction {
  int64_t tokens_per_rank = 0;     // of the longest shard
  double forward_threshold = 0.0;  // tokens per rank from which hops are hidden
  double backward_threshold = 0.0;
  std::vector<MethodPrediction> methods = {};       // ring, all-gather, heads
  std::optional<RingMethod> chosen = std::nullopt;  // none: nothing fits the budget
};

// Chooses the fastest method whose training_bytes are at most `budget_bytes` (0: any number), the
// ring where others are not faster. Throws c10::ValueError for a problem that makes no sense.
RingPrediction PredictRing(const RingProblem& problem, const RingRates& rates,
                           int64_t budget_bytes = 0);

// The most tokens with which `method` trains within `budget_bytes` a rank, everything else as in
// `problem` (whose mask has no documents); 0 when none or the method cannot be used.
int64_t LongestContext(const RingProblem& problem, RingMethod method, int64_t budget_bytes);

}  // namespace ring

#endif  // RING_ATTENTION_RING_PLANNER_H_
