// Which attention weights a dropout keeps.
//
// A weight's fate is a hash of (seed, layer, chain, head, query position, key position). Everything
// but the key is hashed once per query, in 64 bits; the key's position is then mixed in with 32-bit
// operations that vector units have, since there is one such hash per weight.
#ifndef RING_KERNEL_ATTENTION_DROPOUT_H_
#define RING_KERNEL_ATTENTION_DROPOUT_H_

#include "ring/kernel/block_attention.h"

#include <cstdint>

namespace ring {

// The hash of a head of the batch, which its queries' hashes start from.
uint64_t HeadHash(const AttentionDropout& dropout, int64_t batch, int64_t query_head);

// A tile (ring/kernel/score_tile.h) of weights, or of their gradients.
struct DropoutPanel {
  double probability = 0;
  uint64_t head_hash = 0;
  int64_t num_rows = 0;
  int64_t num_lanes = 0;                    // lanes beyond are left as they are or zeroed
  const int64_t* row_positions = nullptr;   // [row]
  const int64_t* lane_positions = nullptr;  // [lane]
};

// Multiplies every weight by 1 / (1 - probability) or by 0.
template <typename T>
void DropWithQueryLanes(const DropoutPanel& panel, T* weights);  // lanes are queries, rows are keys
template <typename T>
void DropWithKeyLanes(const DropoutPanel& panel, T* weights);  // lanes are keys, rows are queries

}  // namespace ring

#endif  // RING_KERNEL_ATTENTION_DROPOUT_H_
