#include "ring/kernel/decode_attention.h"

#include "ring/kernel/exp2.h"
#include "ring/kernel/thread_team.h"
#include "ring/kernel/vector.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <tuple>
#include <utility>

namespace ring {
namespace {

constexpr int64_t kSpanKeys = 256;  // 256 kB of keys and values at D = 128: one piece of work
constexpr int64_t kMaxSpans = 64;   // longer rows have longer spans, so that joining stays cheap
constexpr int64_t kTileKeys = 32;   // keys that stay in the cache while every query reads them
constexpr float kInfinity = std::numeric_limits<float>::infinity();

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
  float scale_log2;            // of a score, to base 2
  float* max;                  // [query] running maximum, to base 2
  float* sum;                  // [query] running sum of weights
  float* weighted_QD;          // running sum of weights times values
};

// With several queries the next tile travels to the cache while this one is worked on; one query
// keeps memory busy by itself.
struct Prefetch {
  const float* from;
  int64_t bytes;
};

RING_INLINE void Fetch(const Prefetch& prefetch) {
  constexpr int64_t kLine = 64;
  const char* const from = reinterpret_cast<const char*>(prefetch.from);
  for (int64_t byte = 0; byte < prefetch.bytes; byte += kLine) __builtin_prefetch(from + byte);
}

// The lower and the upper half of a vector.
template <typename V>
struct Halves {
  Vector<float, sizeof(V) / 2> low, high;
};

template <typename V>
RING_INLINE float Sum(const V& x) {
  if constexpr (sizeof(V) == 16) {
    return (x[0] + x[2]) + (x[1] + x[3]);
  } else {
    const auto half = __builtin_bit_cast(Halves<V>, x);
    return Sum(half.low + half.high);
  }
}

template <typename V>
RING_INLINE float Max(const V& x) {
  if constexpr (sizeof(V) == 16) {
    return std::max(std::max(x[0], x[2]), std::max(x[1], x[3]));
  } else {
    const auto half = __builtin_bit_cast(Halves<V>, x);
    return Max(half.low > half.high ? half.low : half.high);
  }
}

// Lane l of the first becomes the sum of all lanes of vector l: in every stage two vectors become
// one, which holds sums of twice as many lanes of both.
template <int kDistance, typename V, size_t... kLane>
RING_INLINE void SumEach(V* x, std::index_sequence<kLane...> lanes) {
  constexpr int kLanes = sizeof...(kLane);
  for (int i = 0; i < kDistance; ++i) {
    const V a = x[i], b = x[i + kDistance];
    x[i] = __builtin_shufflevector(a, b, (kLane & kDistance ? kLanes + kLane : kLane)...) +
           __builtin_shufflevector(
               a, b, ((kLane & kDistance ? kLanes + kLane : kLane) ^ size_t{kDistance})...);
  }
  if constexpr (kDistance > 1) SumEach<kDistance / 2>(x, lanes);
}

// score[i * kTileKeys + n] = (query i) . (key n), of kQueries queries and as many keys as make one
// vector of sums.
template <typename V, int64_t kQueries>
RING_INLINE void Dots(const float* q, int64_t q_stride, const float* k, int64_t size,
                      float* score) {
  constexpr int64_t kLanes = kVectorLanes<V>, kKeys = kLanes / kQueries;
  V total[kLanes] = {};
  int64_t d = 0;
  for (; d + kLanes <= size; d += kLanes) {
    V query[kQueries], key;
    for (int64_t i = 0; i < kQueries; ++i) Load(q + i * q_stride + d, query[i]);
    for (int64_t n = 0; n < kKeys; ++n) {
      Load(k + n * size + d, key);
      for (int64_t i = 0; i < kQueries; ++i) total[i * kKeys + n] += query[i] * key;
    }
  }
  SumEach<kLanes / 2>(total, std::make_index_sequence<kLanes>());
  float sum[kLanes];
  Store(total[0], sum);
  for (int64_t i = 0; i < kQueries; ++i) {
    for (int64_t n = 0; n < kKeys; ++n) {
      float dot = sum[i * kKeys + n];
      for (int64_t rest = d; rest < size; ++rest)
        dot += q[i * q_stride + rest] * k[n * size + rest];
      score[i * kTileKeys + n] = dot;
    }
  }
}

// The same for one pair.
template <typename V>
RING_INLINE float Dot(const float* q, const float* k, int64_t size) {
  V query, key, total = {};
  int64_t d = 0;
  for (; d + kVectorLanes<V> <= size; d += kVectorLanes<V>) {
    Load(q + d, query);
    Load(k + d, key);
    total += query * key;
  }
  float dot = Sum(total);
  for (; d < size; ++d) dot += q[d] * k[d];
  return dot;
}

// Turns a tile's scores into weights 2^(score - max), raising the query's maximum first if needed.
// Keys from `limit` on, hidden or not there at all, weigh nothing.
template <typename V>
RING_INLINE void Reweigh(float* score, int64_t limit, const Span& span, int64_t query) {
  for (int64_t key = std::max<int64_t>(limit, 0); key < kTileKeys; ++key) score[key] = -kInfinity;
  V x, largest = V{} - kInfinity;
  for (int64_t key = 0; key < kTileKeys; key += kVectorLanes<V>) {
    Load(score + key, x);
    x = x * span.scale_log2;
    Store(x, score + key);
    largest = x > largest ? x : largest;
  }
  const float max = std::max(span.max[query], Max(largest));
  if (max > span.max[query]) {
    const float decay = std::exp2(span.max[query] - max);  // 0 where nothing was seen before
    float* const weighted = span.weighted_QD + query * span.head_dim;
    span.sum[query] *= decay;
    for (int64_t d = 0; d < span.head_dim; ++d) weighted[d] *= decay;
    span.max[query] = max;
  }
  const float reference = max == -kInfinity ? 0.0F : max;
  V sum = {};
  for (int64_t key = 0; key < kTileKeys; key += kVectorLanes<V>) {
    Load(score + key, x);
    x = x - reference;
    Exp2<float>(x);
    Store(x, score + key);
    sum += x;
  }
  span.sum[query] += Sum(sum);
}

// out[i] += sum over n of weight[i][n] * (row n of v), in columns of kVectors vectors.
template <typename V, int64_t kQueries, int64_t kVectors>
RING_INLINE void AddColumns(const float (*weight)[kTileKeys], const float* v, int64_t count,
                            int64_t size, float* out) {
  V total[kQueries][kVectors], value[kVectors];
  for (int64_t i = 0; i < kQueries; ++i) {
    for (int64_t c = 0; c < kVectors; ++c) Load(out + i * size + c * kVectorLanes<V>, total[i][c]);
  }
  for (int64_t n = 0; n < count; ++n) {
    for (int64_t c = 0; c < kVectors; ++c) Load(v + n * size + c * kVectorLanes<V>, value[c]);
    for (int64_t i = 0; i < kQueries; ++i) {
      for (int64_t c = 0; c < kVectors; ++c) total[i][c] += weight[i][n] * value[c];
    }
  }
  for (int64_t i = 0; i < kQueries; ++i) {
    for (int64_t c = 0; c < kVectors; ++c) Store(total[i][c], out + i * size + c * kVectorLanes<V>);
  }
}

template <typename V, int64_t kQueries>
RING_INLINE void AddWeighted(const float (*weight)[kTileKeys], const float* v, int64_t count,
                             int64_t size, float* out) {
  int64_t d = 0;
  for (; d + 2 * kVectorLanes<V> <= size; d += 2 * kVectorLanes<V>) {
    AddColumns<V, kQueries, 2>(weight, v + d, count, size, out + d);
  }
  for (; d + kVectorLanes<V> <= size; d += kVectorLanes<V>) {
    AddColumns<V, kQueries, 1>(weight, v + d, count, size, out + d);
  }
  for (; d < size; ++d) {
    for (int64_t i = 0; i < kQueries; ++i) {
      for (int64_t n = 0; n < count; ++n) out[i * size + d] += weight[i][n] * v[n * size + d];
    }
  }
}

// `count` keys from `begin` on, for the queries from `query` on.
template <typename V, int64_t kQueries>
RING_INLINE void AttendTile(const Span& span, int64_t query, int64_t begin, int64_t count) {
  constexpr int64_t kGroup = kVectorLanes<V> / kQueries;
  const int64_t size = span.head_dim;
  const float* const q = span.q + query * span.q_stride;
  const float* const k = span.k + begin * size;
  const float* const v = span.v + begin * size;
  const bool more = kQueries > 1 && query == 0 && begin + 2 * kTileKeys <= span.num_keys;
  const int64_t fetched = more ? kGroup * size * int64_t{sizeof(float)} : 0;
  alignas(64) float score[kQueries][kTileKeys];
  int64_t key = 0;
  for (; key + kGroup <= count; key += kGroup) {
    Fetch({k + (kTileKeys + key) * size, fetched});
    Fetch({v + (kTileKeys + key) * size, fetched});
    Dots<V, kQueries>(q, span.q_stride, k + key * size, size, &score[0][key]);
  }
  for (; key < count; ++key) {
    for (int64_t i = 0; i < kQueries; ++i) {
      score[i][key] = Dot<V>(q + i * span.q_stride, k + key * size, size);
    }
  }
  for (int64_t i = 0; i < kQueries; ++i) {
    const int64_t visible = span.num_visible[query + i] - span.first_key - begin;
    Reweigh<V>(score[i], std::min(visible, count), span, query + i);
  }
  AddWeighted<V, kQueries>(score, v, count, size, span.weighted_QD + query * size);
}

template <int kVectorBytes>
RING_INLINE void AttendSpan(const Span& span) {
  using V = Vector<float, kVectorBytes>;
  for (int64_t begin = 0; begin < span.num_keys; begin += kTileKeys) {
    const int64_t count = std::min(kTileKeys, span.num_keys - begin);
    int64_t query = 0;
    for (; query + 4 <= span.num_queries; query += 4) AttendTile<V, 4>(span, query, begin, count);
    for (; query + 2 <= span.num_queries; query += 2) AttendTile<V, 2>(span, query, begin, count);
    for (; query < span.num_queries; ++query) AttendTile<V, 1>(span, query, begin, count);
  }
}

const float* Row(const DecodeTokens& tokens, int64_t row, int64_t heads) {
  return tokens.data + (row / heads) * tokens.batch_stride + (row % heads) * tokens.head_stride;
}

bool HasAdjacentRows(const at::Tensor& x_BHKD) {
  return x_BHKD.stride(3) == 1 && (x_BHKD.stride(2) == x_BHKD.size(3) || x_BHKD.size(2) == 1);
}

DecodeTokens TokensOf(const at::Tensor& x_BHTD) {
  return {.data = x_BHTD.const_data_ptr<float>(),
          .batch_stride = x_BHTD.stride(0),
          .head_stride = x_BHTD.stride(1),
          .token_stride = x_BHTD.stride(2)};
}

DecodeProblem ProblemOf(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                        const at::Tensor& v_BHKD) {
  return {.batch = q_BHQD.size(0),
          .heads = q_BHQD.size(1),
          .queries = q_BHQD.size(2),
          .keys = k_BHKD.size(2),
          .head_dim = q_BHQD.size(3),
          .q = TokensOf(q_BHQD),
          .k = TokensOf(k_BHKD),
          .v = TokensOf(v_BHKD)};
}

// All rows; writes their log-sum-exps (B, H, Q) to `lse` unless it is null.
at::Tensor Attend(const DecodeProblem& problem, const at::TensorOptions& options, float* lse) {
  DecodeWork work;
  work.Start(problem);
  RunPieces(work.num_pieces(), at::get_num_threads(),
            [&](int64_t piece, int) { work.Attend(piece); });
  const at::Tensor out_BQHD =
      at::empty({problem.batch, problem.queries, problem.heads, problem.head_dim}, options);
  work.Finish(out_BQHD.mutable_data_ptr<float>(), lse);
  return out_BQHD.transpose(1, 2);
}

}  // namespace

void DecodeWork::Start(const DecodeProblem& problem) {
  problem_ = problem;
  span_keys_ = kSpanKeys * std::max<int64_t>(1, (problem.keys - 1) / (kSpanKeys * kMaxSpans) + 1);
  num_spans_ = (problem.keys + span_keys_ - 1) / span_keys_;
  state_.resize(static_cast<size_t>(num_pieces()));
  weighted_.resize(static_cast<size_t>(num_pieces() * problem.queries * problem.head_dim));
}

void DecodeWork::Attend(int64_t piece, ProcessorLevel level) {
  const int64_t row = piece / num_spans_, first_key = piece % num_spans_ * span_keys_;
  const int64_t size = problem_.head_dim, result_size = problem_.queries * size;
  SpanState& state = state_[static_cast<size_t>(piece)];
  std::fill(std::begin(state.max), std::end(state.max), -kInfinity);
  std::fill(std::begin(state.sum), std::end(state.sum), 0.0F);
  float* const weighted = weighted_.data() + piece * result_size;
  std::fill(weighted, weighted + result_size, 0.0F);
  const float log2e = std::numbers::log2e_v<float>;
  const Span span = {.q = Row(problem_.q, row, problem_.heads),
                     .k = Row(problem_.k, row, problem_.heads) + first_key * size,
                     .v = Row(problem_.v, row, problem_.heads) + first_key * size,
                     .q_stride = problem_.q.token_stride,
                     .num_queries = problem_.queries,
                     .num_keys = std::min(span_keys_, problem_.keys - first_key),
                     .head_dim = size,
                     .first_key = first_key,
                     .num_visible = problem_.num_visible.data(),
                     .scale_log2 = log2e / std::sqrt(static_cast<float>(size)),
                     .max = state.max,
                     .sum = state.sum,
                     .weighted_QD = weighted};
  RunAt(
      level, [&]<int kVectorBytes>()
                 __attribute__((always_inline)) { AttendSpan<kVectorBytes>(span); });
}

// Joins the spans of one query, always in order of the keys, and normalises. Returns the query's
// log-sum-exp.
float DecodeWork::JoinSpans(int64_t row, int64_t query, float* out) const {
  const int64_t size = problem_.head_dim;
  const SpanState* const spans = state_.data() + row * num_spans_;
  float max = -kInfinity, sum = 0;
  for (int64_t i = 0; i < num_spans_; ++i) max = std::max(max, spans[i].max[query]);
  std::fill(out, out + size, 0.0F);
  if (max == -kInfinity) return max;  // saw no key
  for (int64_t i = 0; i < num_spans_; ++i) {
    const float share = std::exp2(spans[i].max[query] - max);
    const float* const weighted =
        weighted_.data() + ((row * num_spans_ + i) * problem_.queries + query) * size;
    sum += share * spans[i].sum[query];
    for (int64_t d = 0; d < size; ++d) out[d] += share * weighted[d];
  }
  for (int64_t d = 0; d < size; ++d) out[d] /= sum;
  return (max + std::log2(sum)) * std::numbers::ln2_v<float>;
}

void DecodeWork::Finish(float* out, float* lse) {
  const auto [batch, heads, queries, keys, size] =
      std::tie(problem_.batch, problem_.heads, problem_.queries, problem_.keys, problem_.head_dim);
  for (int64_t row = 0; row < batch * heads; ++row) {
    for (int64_t query = 0; query < queries; ++query) {
      float* const out_D = out + ((row / heads * queries + query) * heads + row % heads) * size;
      const float lse_of_query = JoinSpans(row, query, out_D);
      if (lse != nullptr) lse[row * queries + query] = lse_of_query;
    }
  }
}

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
  DecodeProblem problem = ProblemOf(q_BHQD, k_BHKD, v_BHKD);
  std::copy(num_visible.begin(), num_visible.end(), problem.num_visible.begin());
  return {.out_BHQD = Attend(problem, q_BHQD.options(), lse_BHQ.mutable_data_ptr<float>()),
          .lse_BHQ = lse_BHQ};
}

at::Tensor DecodeAttention(const at::Tensor& q_BHQD, const at::Tensor& k_BHKD,
                           const at::Tensor& v_BHKD, bool causal) {
  DecodeProblem problem = ProblemOf(q_BHQD, k_BHKD, v_BHKD);
  for (int64_t query = 0; query < problem.queries; ++query) {
    problem.num_visible[static_cast<size_t>(query)] =
        causal ? problem.keys - problem.queries + query + 1 : problem.keys;
  }
  return Attend(problem, q_BHQD.options(), /*lse=*/nullptr);
}

}  // namespace ring
