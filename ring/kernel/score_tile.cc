#include "ring/kernel/score_tile.h"

#include "ring/kernel/exp2.h"
#include "ring/kernel/processor_level.h"
#include "ring/kernel/vector.h"

#include <algorithm>
#include <limits>

namespace ring {
namespace {

// Maxima over the rows of one column of vectors.
template <typename T, typename V>
RING_INLINE void FindMax(int64_t num_rows, const T* score, V& max) {
  V x, even = V{} - std::numeric_limits<T>::infinity(), odd = even;
  int64_t row = 0;
  for (; row + 2 <= num_rows; row += 2, score += 2 * kScoreLanes<T>) {  // two chains in flight
    Load(score, x);
    even = x > even ? x : even;
    Load(score + kScoreLanes<T>, x);
    odd = x > odd ? x : odd;
  }
  if (row < num_rows) {
    Load(score, x);
    even = x > even ? x : even;
  }
  max = even > odd ? even : odd;
}

// Scores of one column of vectors become weights. They are summed in runs: one chain of thousands
// of additions would lose more than all other operations together.
template <typename T, typename V>
RING_INLINE void WeighAndSum(int64_t num_keys, T scale_log2, const V& reference, T* score, V& sum) {
  constexpr int64_t kRun = 16;
  for (int64_t begin = 0; begin < num_keys; begin += kRun) {
    V run = {};
    for (int64_t key = begin; key < std::min(begin + kRun, num_keys); ++key) {
      V x;
      Load(score + key * kScoreLanes<T>, x);
      x = x * scale_log2 - reference;
      Exp2<T>(x);
      run += x;
      Store(x, score + key * kScoreLanes<T>);
    }
    sum += run;
  }
}

template <int kVectorBytes, typename T>
RING_INLINE bool Advance(int64_t num_keys, T scale_log2, T* score, RunningSoftmax<T>& softmax,
                         T* rescale) {
  using V = Vector<T, kVectorBytes>;
  bool is_rescaled = false;
  for (int64_t lane = 0; lane < kScoreLanes<T>; lane += kVectorLanes<V>) {
    V tile_max, before, sum;
    FindMax(num_keys, score + lane, tile_max);
    Load(softmax.reference + lane, before);
    Load(softmax.sum + lane, sum);
    const V candidate = tile_max * scale_log2;
    const V raised = candidate > before + kSoftmaxSlack ? candidate : before;
    // A query that has seen nothing has no reference; with any other its weights are 0.
    const V unseen = V{} - std::numeric_limits<T>::infinity();
    const V reference = raised == unseen ? V{} : raised;
    V factor = before - reference;
    Exp2<T>(factor);
    V tile_sum = {};
    WeighAndSum(num_keys, scale_log2, reference, score + lane, tile_sum);
    Store(raised, softmax.reference + lane);
    Store(factor, rescale + lane);
    Store(sum * factor + tile_sum, softmax.sum + lane);
    for (int64_t i = 0; i < kVectorLanes<V>; ++i) is_rescaled |= rescale[lane + i] != T{1};
  }
  return is_rescaled;
}

template <typename T>
bool AdvanceAt(int64_t num_keys, T scale_log2, T* score, RunningSoftmax<T>& softmax, T* rescale,
               ProcessorLevel level) {
  bool is_rescaled = false;
  RunAt(
      level, [&]<int kVectorBytes>() __attribute__((always_inline)) {
        is_rescaled = Advance<kVectorBytes>(num_keys, scale_log2, score, softmax, rescale);
      });
  return is_rescaled;
}

template <typename T>
RING_INLINE void Rescale(T factor, int64_t count, T* row) {
  if (factor == T{0}) {
    for (int64_t i = 0; i < count; ++i) row[i] = T{0};
  } else {
    for (int64_t i = 0; i < count; ++i) row[i] *= factor;
  }
}

template <int kVectorBytes, typename T>
RING_INLINE void Differentiate(const GradientTile<T>& tile) {
  using V = Vector<T, kVectorBytes>;
  const T scale = tile.scale, scale_log2 = tile.scale_log2;
  T* score = tile.score;
  T* grad_score = tile.grad_score;
  const T* grad_weight = tile.grad_weight;
  for (int64_t query = 0; query < tile.num_queries; ++query) {
    const T lse = tile.lse_log2[query], delta = tile.scaled_delta[query];
#pragma GCC unroll 4
    for (int64_t lane = 0; lane < kScoreLanes<T>; lane += kVectorLanes<V>) {
      V weight, gradient;
      Load(score + lane, weight);
      weight = weight * scale_log2 - lse;
      Exp2<T>(weight);
      Load(grad_weight + lane, gradient);
      gradient = weight * (gradient * scale - delta);
      Store(weight, score + lane);
      Store(gradient, grad_score + lane);
    }
    score += kScoreLanes<T>;
    grad_weight += kScoreLanes<T>;
    grad_score += tile.grad_score_stride;
  }
}

template <typename T>
void DifferentiateAt(const GradientTile<T>& tile, ProcessorLevel level) {
  RunAt(
      level, [&]<int kVectorBytes>()
                 __attribute__((always_inline)) { Differentiate<kVectorBytes>(tile); });
}

}  // namespace

bool AdvanceSoftmax(int64_t num_keys, float scale_log2, float* score,
                    RunningSoftmax<float>& softmax, float* rescale, ProcessorLevel level) {
  return AdvanceAt(num_keys, scale_log2, score, softmax, rescale, level);
}
bool AdvanceSoftmax(int64_t num_keys, double scale_log2, double* score,
                    RunningSoftmax<double>& softmax, double* rescale, ProcessorLevel level) {
  return AdvanceAt(num_keys, scale_log2, score, softmax, rescale, level);
}

RING_EVERY_CPU void RescaleRow(float factor, int64_t count, float* row) {
  Rescale(factor, count, row);
}
RING_EVERY_CPU void RescaleRow(double factor, int64_t count, double* row) {
  Rescale(factor, count, row);
}

RING_EVERY_CPU void AddRow(const float* from, int64_t count, float* to) {
  for (int64_t i = 0; i < count; ++i) to[i] += from[i];
}
RING_EVERY_CPU void AddRow(const double* from, int64_t count, double* to) {
  for (int64_t i = 0; i < count; ++i) to[i] += from[i];
}

void ComputeScoreGradients(const GradientTile<float>& tile, ProcessorLevel level) {
  DifferentiateAt(tile, level);
}
void ComputeScoreGradients(const GradientTile<double>& tile, ProcessorLevel level) {
  DifferentiateAt(tile, level);
}

}  // namespace ring
