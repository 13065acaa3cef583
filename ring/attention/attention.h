// Softmax attention over a context that a ring of ranks shares: the one call models make.
//
//   out[q] = sum_k softmax_k(q . k / sqrt(D)) v[k]    over the keys the mask lets q see
//
// Exact, differentiable, and never a Q x K matrix in memory: forward keeps (out, lse) and backward
// recomputes the weights from them, tile by tile.
//
// Shapes: B batch, H heads of queries, G heads of keys and values (H a multiple of G), Q query
// tokens and K key tokens of this rank's shard, D head dimension.
#ifndef RING_ATTENTION_ATTENTION_H_
#define RING_ATTENTION_ATTENTION_H_

#include "ring/kernel/block_attention.h"
#include "ring/layout/attention_mask.h"
#include "ring/layout/sequence_layout.h"
#include "ring/runtime/ring.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace ring {

// How the ranks of a ring get to each other's keys.
enum class RingMethod {
  kRing,       // keys and values travel round the ring: memory flat in the ring's size
  kAllGather,  // every rank collects all keys and values first: few, large messages
  kHeads,  // heads for tokens (Ulysses): two exchanges; key heads must be a multiple of the ring
};

// "ring", "all-gather", "heads"; throws c10::ValueError naming all three otherwise.
RingMethod ParseRingMethod(std::string_view name);
std::string_view Name(RingMethod method);

struct AttentionOptions {
  AttentionMask mask = {};
  RingMethod method = RingMethod::kRing;

  // What products are computed from; sums are float32 (float64) whatever it is. Absent: the type of
  // the queries. kBFloat16 halves the time and the bytes on the wire.
  std::optional<at::ScalarType> operands = std::nullopt;

  AttentionDropout dropout = {};

  // Where the queries lie when they are not the keys' own tokens but the last of them: a layout of
  // Q_total tokens. Absent on a ring of one: the last Q tokens.
  std::optional<SequenceLayout> query_layout = std::nullopt;

  // Names the call in headers, errors and traces.
  int32_t layer = 0;
};

// This rank's rows of the attention, of the queries' type, stored as (B, Q, H, D). All three
// tensors are this rank's shards (float32, float64 or bfloat16; any strides as long as the last
// dimension is contiguous: (B, T, H, D) storage seen as BHTD costs no copy). `layout` says where
// the keys' tokens lie in the context.
//
// Every rank of the ring makes the same calls in the same order, backward included. Throws
// c10::ValueError for what does not fit together, on all ranks if ranks disagree
// (CommunicationError), and CommunicationError when a peer dies or hangs.
at::Tensor Attention(const at::Tensor& q_BHQD, const at::Tensor& k_BGKD, const at::Tensor& v_BGKD,
                     const AttentionOptions& options, const SequenceLayout& layout,
                     const Ring& ring);

}  // namespace ring

#endif  // RING_ATTENTION_ATTENTION_H_
