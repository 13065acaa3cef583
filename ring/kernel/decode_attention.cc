#include "ring/kernel/decode_attention.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace ring {
namespace {

constexpr int64_t kSpanKeys = 1024;  // 1 MB of keys and values at D = 128: one unit of work
constexpr int64_t kTileKeys = 32;    // keys that stay in the cache while every query reads them
constexpr float kInfinity = std::numeric_limits<float>::infinity();

constexpr int64_t kGroupKeys = 4;  // keys in flight at once, so that no sum waits for the last
static_assert(kTileKeys % kGroupKeys == 0);

// The compiler maps these to whatever the processor has; the loop below is built twice and the
// faster one that runs here is chosen when the program starts.
typedef float Lanes __attribute__((vector_size(32)));
typedef float HalfLanes __attribute__((vector_size(16)));
constexpr int64_t kNumLanes = 8;
#define RING_EVERY_CPU __attribute__((target_clones("arch=x86-64-v3", "default")))

// Attention of Q queries over a span of one (batch, head) row.
struct Span {
  const float* q;  // Q rows, `q_stride` apart
  const float* k;  // keys of the span, D apart
  const float* v;  // values of the span, D apart
  int64_t q_stride;
  int64_t num_queries;
  int64_t num_keys;
  int64_t head_dim;
  int64_t first_key;           // of the span, in the row
  const int64_t* num_visible;  // query i sees the row's keys below num_visible[i]
  float scale;
};

// What a span leaves behind, un-normalised: sum of exp(score - max) and of that times v.
struct SpanResult {
  float max[kMaxDecodeQueries];
  float sum[kMaxDecodeQueries];
  float* weighted_QD;
};

[[gnu::always_inline]] inline float Sum(const Lanes& x) {
  const HalfLanes half =
      __builtin_shufflevector(x, x, 0, 1, 2, 3) + __builtin_shufflevector(x, x, 4, 5, 6, 7);
  return (half[0] + half[2]) + (half[1] + half[3]);
}

// score[n] = q . (row n of k), for N rows of `size` floats.
template <int64_t N>
[[gnu::always_inline]] inline void Dots(const float* q, const float* k, int64_t size,
                                        float* score) {
  Lanes total[N] = {};
  int64_t i = 0;
  for (; i + kNumLanes <= size; i += kNumLanes) {
    Lanes x, y;
    std::memcpy(&x, q + i, sizeof(x));
    for (int64_t n = 0; n < N; ++n) {
      std::memcpy(&y, k + n * size + i, sizeof(y));
      total[n] += x * y;
    }
  }
  for (int64_t n = 0; n < N; ++n) score[n] = Sum(total[n]);
  for (; i < size; ++i) {
    for (int64_t n = 0; n < N; ++n) score[n] += q[i] * k[n * size + i];
  }
}

// out += sum over n of weight[n] * (row n of v), for N rows of `size` floats.
template <int64_t N>
[[gnu::always_inline]] inline void AddWeighted(const float* weight, const float* v, int64_t size,
                                               float* out) {
  int64_t i = 0;
  for (; i + kNumLanes <= size; i += kNumLanes) {
    Lanes x, total;
    std::memcpy(&total, out + i, sizeof(total));
    for (int64_t n = 0; n < N; ++n) {
      std::memcpy(&x, v + n * size + i, sizeof(x));
      total += weight[n] * x;
    }
    std::memcpy(out + i, &total, sizeof(total));
  }
  for (; i < size; ++i) {
    for (int64_t n = 0; n < N; ++n) out[i] += weight[n] * v[n * size + i];
  }
}

// Turns a tile's scores into weights exp(score - max), raising the query's maximum first if needed.
void Reweigh(float* score, int64_t count, float& max, float& sum, float* weighted, int64_t size) {
  const float tile_max = *std::max_element(score, score + count);
  if (tile_max > max) {
    const float decay = std::exp(max - tile_max);  // 0 for the first tile, where max is -infinity
    sum *= decay;
    for (int64_t i = 0; i < size; ++i) weighted[i] *= decay;
    max = tile_max;
  }
  for (int64_t i = 0; i < count; ++i) {
    score[i] = max == -kInfinity ? 0.0F : std::exp(score[i] - max);
    sum += score[i];
  }
}

RING_EVERY_CPU void AttendSpan(const Span& span, SpanResult& result) {
  const int64_t size = span.head_dim;
  float score[kTileKeys];
  for (int64_t begin = 0; begin < span.num_keys; begin += kTileKeys) {
    const int64_t count = std::min(kTileKeys, span.num_keys - begin);
    const int64_t grouped = count - count % kGroupKeys;
    const float* k = span.k + begin * size;
    const float* v = span.v + begin * size;
    for (int64_t query = 0; query < span.num_queries; ++query) {
      const float* q = span.q + query * span.q_stride;
      for (int64_t key = 0; key < grouped; key += kGroupKeys) {
        Dots<kGroupKeys>(q, k + key * size, size, score + key);
      }
      for (int64_t key = grouped; key < count; ++key) Dots<1>(q, k + key * size, size, score + key);
      const int64_t limit = span.num_visible[query] - span.first_key - begin;
      for (int64_t key = 0; key < count; ++key) {
        score[key] = key < limit ? score[key] * span.scale : -kInfinity;
      }

      float* out = result.weighted_QD + query * size;
      Reweigh(score, count, result.max[query], result.sum[query], out, size);
      for (int64_t key = 0; key < grouped; key += kGroupKeys) {
        AddWeighted<kGroupKeys>(score + key, v + key * size, size, out);
      }
      for (int64_t key = grouped; key < count; ++key) {
        AddWeighted<1>(score + key, v + key * size, size, out);
      }
    }
  }
}

// Joins the spans of one query, always in order of the keys, and normalises. Returns the query's
// log-sum-exp.
float JoinSpans(const SpanResult* spans, int64_t num_spans, int64_t query, float* out,
                int64_t size) {
  float max = -kInfinity, sum = 0;
  for (int64_t i = 0; i < num_spans; ++i) max = std::max(max, spans[i].max[query]);
  std::fill(out, out + size, 0.0F);
  if (max == -kInfinity) return max;  // saw no key
  for (int64_t i = 0; i < num_spans; ++i) {
    const float share = std::exp(spans[i].max[query] - max);
    sum += share * spans[i].sum[query];
    AddWeighted<1>(&share, spans[i].weighted_QD + query * size, size, out);
  }
  for (int64_t i = 0; i < size; ++i) out[i] /= sum;
  return max + std::log(sum);
}

bool HasAdjacentRows(const at::Tensor& x_BHKD) {
  return x_BHKD.stride(3) == 1 && (x_BHKD.stride(2) == x_BHKD.size(3) || x_BHKD.size(2) == 1);
}

// First float of row `row` of the (batch, head) pairs counted together.
const float* Row(const at::Tensor& x_BHTD, int64_t row) {
  const int64_t num_heads = x_BHTD.size(1);
  return x_BHTD.const_data_ptr<float>() + (row / num_heads) * x_BHTD.stride(0) +
         (row % num_heads) * x_BHTD.stride(1);
}

// One call: its tensors, and how many of the keys each query sees.
struct Call {
  const at::Tensor& q_BHQD;
  const at::Tensor& k_BHKD;
  const at::Tensor& v_BHKD;
  const int64_t* num_visible;  // [query]
};

// Span `index` of row `row`.
Span SpanOf(const Call& call, int64_t row, int64_t index) {
  const int64_t head_dim = call.q_BHQD.size(3), num_queries = call.q_BHQD.size(2);
  const int64_t num_keys = call.k_BHKD.size(2), first_key = index * kSpanKeys;
  return {.q = Row(call.q_BHQD, row),
          .k = Row(call.k_BHKD, row) + first_key * head_dim,
          .v = Row(call.v_BHKD, row) + first_key * head_dim,
          .q_stride = call.q_BHQD.stride(2),
          .num_queries = num_queries,
          .num_keys = std::min(kSpanKeys, num_keys - first_key),
          .head_dim = head_dim,
          .first_key = first_key,
          .num_visible = call.num_visible,
          .scale = 1.0F / std::sqrt(static_cast<float>(head_dim))};
}

// All rows; writes their log-sum-exps (B, H, Q) to `lse` unless it is null.
at::Tensor Attend(const Call& call, float* lse) {
  const int64_t num_heads = call.q_BHQD.size(1), num_rows = call.q_BHQD.size(0) * num_heads;
  const int64_t num_queries = call.q_BHQD.size(2), head_dim = call.q_BHQD.size(3);
  const int64_t num_spans = (call.k_BHKD.size(2) + kSpanKeys - 1) / kSpanKeys;

  const int64_t num_tasks = num_rows * num_spans, task_size = num_queries * head_dim;
  std::vector<float> weighted(static_cast<size_t>(num_tasks * task_size), 0.0F);
  std::vector<SpanResult> results(static_cast<size_t>(num_tasks));
  at::parallel_for(0, num_tasks, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      SpanResult& result = results[static_cast<size_t>(task)];
      std::fill(std::begin(result.max), std::end(result.max), -kInfinity);
      std::fill(std::begin(result.sum), std::end(result.sum), 0.0F);
      result.weighted_QD = weighted.data() + task * task_size;
      AttendSpan(SpanOf(call, task / num_spans, task % num_spans), result);
    }
  });

  const at::Tensor out_BQHD =
      at::empty({call.q_BHQD.size(0), num_queries, num_heads, head_dim}, call.q_BHQD.options());
  float* out = out_BQHD.mutable_data_ptr<float>();
  for (int64_t row = 0; row < num_rows; ++row) {
    const int64_t batch = row / num_heads, head = row % num_heads;
    for (int64_t query = 0; query < num_queries; ++query) {
      float* out_D = out + ((batch * num_queries + query) * num_heads + head) * head_dim;
      const SpanResult* spans = results.data() + row * num_spans;
      const float lse_of_query = JoinSpans(spans, num_spans, query, out_D, head_dim);
      if (lse != nullptr) lse[row * num_queries + query] = lse_of_query;
    }
  }
  return out_BQHD.transpose(1, 2);
}

}  // namespace

bool CanDecode(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD, const at::Tensor& v_BHKD) {
  return q_BHQD.size(2) <= kMaxDecodeQueries && q_BHQD.scalar_type() == at::kFloat &&
         q_BHQD.is_cpu() && q_BHQD.stride(3) == 1 && HasAdjacentRows(k_BHKD) &&
         HasAdjacentRows(v_BHKD);
}

PartialAttention DecodePartial(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                               const at::Tensor& v_BHKD, const std::vector<int64_t>& num_visible) {
  TORCH_CHECK(static_cast<int64_t>(num_visible.size()) == q_BHQD.size(2), num_visible.size(),
              " limits for ", q_BHQD.size(2), " queries");
  const at::Tensor lse_BHQ =
      at::empty({q_BHQD.size(0), q_BHQD.size(1), q_BHQD.size(2)}, q_BHQD.options());
  const Call call = {q_BHQD, k_BHKD, v_BHKD, num_visible.data()};
  return {.out_BHQD = Attend(call, lse_BHQ.mutable_data_ptr<float>()), .lse_BHQ = lse_BHQ};
}

at::Tensor DecodeAttention(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                           const at::Tensor& v_BHKD, bool causal) {
  const int64_t num_queries = q_BHQD.size(2), num_keys = k_BHKD.size(2);
  int64_t num_visible[kMaxDecodeQueries];
  for (int64_t query = 0; query < num_queries; ++query) {
    num_visible[query] = causal ? num_keys - num_queries + query + 1 : num_keys;
  }
  return Attend({q_BHQD, k_BHKD, v_BHKD, num_visible}, /*lse=*/nullptr);
}

}  // namespace ring
