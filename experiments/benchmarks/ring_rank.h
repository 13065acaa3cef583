// One process of `ringrl bench ring`: a rank of a ring, or the one process it is compared with.
//
// It makes its shard of random inputs, says "ready", and then answers each line it is sent with one
// line of JSON, until the lines end:
//
//   attend       forward and backward: forward_s, backward_s
//   compute      the same kernel calls on the same amount of data, and no messages
//   communicate  the same messages and no kernel calls
//   memory       forward and backward: forward_bytes, backward_bytes, the peaks above what the
//                process held before its inputs were made; and what they should be by the formula
//                (forward_formula, backward_formula)
//
// All but the last say cpu_s too: processor seconds of this process, whatever thread.
#ifndef EXPERIMENTS_BENCHMARKS_RING_RANK_H_
#define EXPERIMENTS_BENCHMARKS_RING_RANK_H_

#include "ring/attention/attention.h"
#include "ring/layout/sequence_layout.h"
#include "ring/runtime/world.h"

#include <cstdint>
#include <iosfwd>
#include <string>

namespace experiments {

struct RingRankOptions {
  std::string layout = "zigzag";
  int64_t tokens = 16384;  // of the whole context
  int64_t heads = 1, key_heads = 1, head_dim = 128;
  std::string dtype = "float32";  // of the operands: float32, float64 or bfloat16
  int64_t window = 0;             // of the causal mask; 0: all earlier tokens
  std::string transport = "auto";
  int threads = 1;
};

// The type named "float32", "float64" or "bfloat16"; throws c10::ValueError otherwise.
at::ScalarType ParseOperands(const std::string& name);

void ServeRingRank(const RingRankOptions& options, const ring::World& world, std::istream& requests,
                   std::ostream& answers);

}  // namespace experiments

#endif  // EXPERIMENTS_BENCHMARKS_RING_RANK_H_
