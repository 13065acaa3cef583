// Attention of a few new queries over a long cache of keys: what acting needs at every step.
//
// Here the arithmetic is small and the cache is read once, so speed is memory bandwidth. Every
// (batch, head) row of the cache is read in order, a few keys for all queries; long rows are cut
// into spans so that one long chain can still use every core, and the spans' results merge exactly.
// The cut depends on the lengths alone, so results do not depend on the number of threads.
//
// Shapes: B batch, H heads, Q query tokens, K key tokens, D head dimension.
#ifndef RING_KERNEL_DECODE_ATTENTION_H_
#define RING_KERNEL_DECODE_ATTENTION_H_

#include "ring/kernel/partial_attention.h"
#include "ring/kernel/processor_level.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace ring {

inline constexpr int64_t kMaxDecodeQueries = 8;

// Tokens of D adjacent floats: token t of head h of batch b.
struct DecodeTokens {
  const float* data = nullptr;  // at data + b * batch_stride + h * head_stride + t * token_stride
  int64_t batch_stride = 0;
  int64_t head_stride = 0;
  int64_t token_stride = 0;
};

struct DecodeProblem {
  int64_t batch = 0, heads = 0, queries = 0, keys = 0, head_dim = 0;
  DecodeTokens q = {};
  DecodeTokens k = {}, v = {};  // token_stride is head_dim

  // Query i sees the first num_visible[i] keys, which may be none.
  std::array<int64_t, kMaxDecodeQueries> num_visible = {};
};

// The work of one problem in pieces, for threads that are already there. Kept and started again it
// allocates only when a problem is larger than any before.
class DecodeWork {
 public:
  // REQUIRES: queries <= kMaxDecodeQueries; what the problem points to stays until Finish().
  void Start(const DecodeProblem& problem);

  // Multiplications of all of it.
  int64_t num_products() const {
    return 2 * problem_.batch * problem_.heads * problem_.queries * problem_.keys *
           problem_.head_dim;
  }

  // Each once, in any order, by any thread.
  int64_t num_pieces() const { return problem_.batch * problem_.heads * num_spans_; }
  void Attend(int64_t piece, ProcessorLevel level = BestLevel());

  // After all pieces. `out` (B, Q, H, D); the log-sum-exps (B, H, Q) to `lse` unless it is null.
  void Finish(float* out, float* lse);

 private:
  // What a span leaves behind, un-normalised: sum of 2^(score - max) and of that times v.
  struct SpanState {
    float max[kMaxDecodeQueries];
    float sum[kMaxDecodeQueries];
  };

  float JoinSpans(int64_t row, int64_t query, float* out) const;

  DecodeProblem problem_;
  int64_t span_keys_ = 0;
  int64_t num_spans_ = 0;         // of a row
  std::vector<SpanState> state_;  // [piece]
  std::vector<float> weighted_;   // [piece][query][channel]
};

// Whether DecodeAttention can serve these tensors: few queries, float32 on the CPU, and keys and
// values whose rows of D floats are adjacent.
bool CanDecode(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD, const at::Tensor& v_BHKD);

// Attention of query i over the first num_visible[i] keys, which may be none, and its log-sum-exp:
// what a rank that holds some of the keys contributes. Not differentiable. `out` is stored as
// (B, Q, H, D). REQUIRES: CanDecode(), 0 <= num_visible[i] <= K.
PartialAttention DecodePartial(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                               const at::Tensor& v_BHKD, const std::vector<int64_t>& num_visible);

// Causal attention aligned at the end (query i sees keys 0 .. K - Q + i), or over all keys.
// Not differentiable. The result is stored as (B, Q, H, D). REQUIRES: CanDecode(), 1 <= Q <= K.
at::Tensor DecodeAttention(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                           const at::Tensor& v_BHKD, bool causal);  // -> out_BHQD

}  // namespace ring

#endif  // RING_KERNEL_DECODE_ATTENTION_H_
