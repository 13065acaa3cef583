#include "ring/kernel/decode_attention.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace ring {
namespace {

constexpr int64_t kSpanKeys = 1024;  // 1 MB of keys and values at D = 128: one unit of work
constexpr int64_t kTileKeys = 32;    // scores kept at a time; one rescaling per tile
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The compiler maps this to whatever the processor has; the loops below are built three times and
// the fastest that runs here is chosen when the program starts.
typedef float Lanes __attribute__((vector_size(64)));
constexpr int64_t kNumLanes = 16;
#define RING_EVERY_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

// Attention of Q queries over a span of one (batch, head) row.
struct Span {
  const float* q;  // Q rows, `q_stride` apart
  const float* k;  // keys of the span, D apart
  const float* v;  // values of the span, D apart
  int64_t q_stride;
  int64_t num_queries;
  int64_t num_keys;
  int64_t head_dim;
  int64_t first_limit;  // query i sees the span's keys below first_limit + i
  float scale;
};

// What a span leaves behind, un-normalised: sum of exp(score - max) and of that times v.
struct SpanResult {
  float max[kMaxDecodeQueries];
  float sum[kMaxDecodeQueries];
  float* weighted_QD;
};

[[gnu::always_inline]] inline float Dot(const float* a, const float* b, int64_t size) {
  Lanes total = {};
  int64_t i = 0;
  for (; i + kNumLanes <= size; i += kNumLanes) {
    Lanes x, y;
    std::memcpy(&x, a + i, sizeof(x));
    std::memcpy(&y, b + i, sizeof(y));
    total += x * y;
  }
  float result = 0;
  for (int64_t lane = 0; lane < kNumLanes; ++lane) result += total[lane];
  for (; i < size; ++i) result += a[i] * b[i];
  return result;
}

// y += weight * x
[[gnu::always_inline]] inline void AddScaled(float weight, const float* x, float* y, int64_t size) {
  int64_t i = 0;
  for (; i + kNumLanes <= size; i += kNumLanes) {
    Lanes a, b;
    std::memcpy(&a, x + i, sizeof(a));
    std::memcpy(&b, y + i, sizeof(b));
    b += weight * a;
    std::memcpy(y + i, &b, sizeof(b));
  }
  for (; i < size; ++i) y[i] += weight * x[i];
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
  float score[kMaxDecodeQueries][kTileKeys];
  for (int64_t begin = 0; begin < span.num_keys; begin += kTileKeys) {
    const int64_t count = std::min(kTileKeys, span.num_keys - begin);
    for (int64_t key = 0; key < count; ++key) {
      const float* k = span.k + (begin + key) * size;
      for (int64_t query = 0; query < span.num_queries; ++query) {
        const bool visible = begin + key < span.first_limit + query;
        score[query][key] =
            visible ? span.scale * Dot(span.q + query * span.q_stride, k, size) : -kInfinity;
      }
    }
    for (int64_t query = 0; query < span.num_queries; ++query) {
      Reweigh(score[query], count, result.max[query], result.sum[query],
              result.weighted_QD + query * size, size);
    }
    for (int64_t key = 0; key < count; ++key) {
      const float* v = span.v + (begin + key) * size;
      for (int64_t query = 0; query < span.num_queries; ++query) {
        AddScaled(score[query][key], v, result.weighted_QD + query * size, size);
      }
    }
  }
}

// Joins the spans of one query, always in order of the keys, and normalises.
void JoinSpans(const SpanResult* spans, int64_t num_spans, int64_t query, float* out,
               int64_t size) {
  float max = -kInfinity, sum = 0;
  for (int64_t i = 0; i < num_spans; ++i) max = std::max(max, spans[i].max[query]);
  std::fill(out, out + size, 0.0F);
  for (int64_t i = 0; i < num_spans; ++i) {
    const float share = std::exp(spans[i].max[query] - max);
    sum += share * spans[i].sum[query];
    AddScaled(share, spans[i].weighted_QD + query * size, out, size);
  }
  for (int64_t i = 0; i < size; ++i) out[i] /= sum;
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

}  // namespace

bool CanDecode(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD, const at::Tensor& v_BHKD) {
  return q_BHQD.size(2) <= kMaxDecodeQueries && q_BHQD.scalar_type() == at::kFloat &&
         q_BHQD.is_cpu() && q_BHQD.stride(3) == 1 && HasAdjacentRows(k_BHKD) &&
         HasAdjacentRows(v_BHKD);
}

at::Tensor DecodeAttention(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                           const at::Tensor& v_BHKD, bool causal) {
  const int64_t B = q_BHQD.size(0), H = q_BHQD.size(1), Q = q_BHQD.size(2), D = q_BHQD.size(3);
  const int64_t K = k_BHKD.size(2), num_spans = (K + kSpanKeys - 1) / kSpanKeys;
  const float scale = 1.0F / std::sqrt(static_cast<float>(D));

  std::vector<float> weighted(static_cast<size_t>(B * H * num_spans * Q * D), 0.0F);
  std::vector<SpanResult> results(static_cast<size_t>(B * H * num_spans));
  at::parallel_for(0, B * H * num_spans, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t row = task / num_spans, first_key = task % num_spans * kSpanKeys;
      SpanResult& result = results[task];
      std::fill(std::begin(result.max), std::end(result.max), -kInfinity);
      std::fill(std::begin(result.sum), std::end(result.sum), 0.0F);
      result.weighted_QD = weighted.data() + task * Q * D;
      AttendSpan({.q = Row(q_BHQD, row),
                  .k = Row(k_BHKD, row) + first_key * D,
                  .v = Row(v_BHKD, row) + first_key * D,
                  .q_stride = q_BHQD.stride(2),
                  .num_queries = Q,
                  .num_keys = std::min(kSpanKeys, K - first_key),
                  .head_dim = D,
                  .first_limit = causal ? K - Q + 1 - first_key : K,
                  .scale = scale},
                 result);
    }
  });

  const at::Tensor out_BQHD = at::empty({B, Q, H, D}, q_BHQD.options());
  float* out = out_BQHD.data_ptr<float>();
  for (int64_t row = 0; row < B * H; ++row) {
    for (int64_t query = 0; query < Q; ++query) {
      JoinSpans(results.data() + row * num_spans, num_spans, query,
                out + ((row / H * Q + query) * H + row % H) * D, D);
    }
  }
  return out_BQHD.transpose(1, 2);
}

}  // namespace ring
