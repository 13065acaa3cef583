#include "ring/kernel/score_tile.h"

#include "ring/kernel/every_cpu.h"
#include "ring/kernel/exp2.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace ring {
namespace {

constexpr int kParts = 2;  // vectors that make one row of a panel
static_assert(kParts * sizeof(Vector<float>) == kPanelBytes);

template <typename T>
[[gnu::always_inline]] inline void Load(const T* from, Vector<T>& x) {
  std::memcpy(&x, from, sizeof(x));
}

template <typename T>
[[gnu::always_inline]] inline void Store(const Vector<T>& x, T* to) {
  std::memcpy(to, &x, sizeof(x));
}

// Maxima over the rows of one column of vectors.
template <typename T>
[[gnu::always_inline]] inline void FindMax(int64_t num_rows, const T* score, Vector<T>& max) {
  Vector<T> x, even = Vector<T>{} - std::numeric_limits<T>::infinity(), odd = even;
  int64_t row = 0;
  for (; row + 2 <= num_rows; row += 2, score += 2 * kLanes<T>) {  // two chains in flight
    Load(score, x);
    even = x > even ? x : even;
    Load(score + kLanes<T>, x);
    odd = x > odd ? x : odd;
  }
  if (row < num_rows) {
    Load(score, x);
    even = x > even ? x : even;
  }
  max = even > odd ? even : odd;
}

// Scores become weights. They are summed in runs: one chain of thousands of additions would lose
// more than all other operations together.
template <typename T>
[[gnu::always_inline]] inline void WeighAndSum(int64_t num_keys, T scale_log2,
                                               const Vector<T>* reference, T* score,
                                               Vector<T>* sum) {
  constexpr int64_t kRun = 16;
  for (int64_t begin = 0; begin < num_keys; begin += kRun) {
    Vector<T> run[kParts] = {};
    for (int64_t key = begin; key < std::min(begin + kRun, num_keys); ++key) {
      for (int part = 0; part < kParts; ++part) {
        T* const place = score + key * kLanes<T> + part * kVectorLanes<T>;
        Vector<T> x;
        Load(place, x);
        x = x * scale_log2 - reference[part];
        Exp2<T>(x);
        run[part] += x;
        Store(x, place);
      }
    }
    for (int part = 0; part < kParts; ++part) sum[part] += run[part];
  }
}

template <typename T>
[[gnu::always_inline]] inline void Advance(int64_t num_keys, T scale_log2, T* score,
                                           RunningSoftmax<T>& softmax, T* rescale) {
  Vector<T> sum[kParts], reference[kParts];
  for (int part = 0; part < kParts; ++part) {
    const int64_t lane = part * kVectorLanes<T>;
    Vector<T> tile_max, max, factor;
    FindMax(num_keys, score + lane, tile_max);
    Load(softmax.max + lane, max);
    Load(softmax.sum + lane, sum[part]);
    const Vector<T> candidate = tile_max * scale_log2;
    const Vector<T> raised = candidate > max ? candidate : max;
    // A query that has seen nothing has no maximum; with any other reference its weights are 0.
    const Vector<T> unseen = Vector<T>{} - std::numeric_limits<T>::infinity();
    reference[part] = raised == unseen ? Vector<T>{} : raised;
    factor = max - reference[part];
    Exp2<T>(factor);
    sum[part] *= factor;
    Store(raised, softmax.max + lane);
    Store(factor, rescale + lane);
  }
  Vector<T> tile_sum[kParts] = {};
  WeighAndSum(num_keys, scale_log2, reference, score, tile_sum);
  for (int part = 0; part < kParts; ++part) {
    Store(sum[part] + tile_sum[part], softmax.sum + part * kVectorLanes<T>);
  }
}

template <typename T>
[[gnu::always_inline]] inline void Rescale(T factor, int64_t count, T* row) {
  if (factor == T{0}) {
    for (int64_t i = 0; i < count; ++i) row[i] = T{0};
  } else {
    for (int64_t i = 0; i < count; ++i) row[i] *= factor;
  }
}

template <typename T>
[[gnu::always_inline]] inline void Differentiate(const GradientTile<T>& tile) {
  const T scale = tile.scale, scale_log2 = tile.scale_log2;
  T* score = tile.score;
  T* grad_score = tile.grad_score;
  const T* grad_weight = tile.grad_weight;
  for (int64_t query = 0; query < tile.num_queries; ++query) {
    const T lse = tile.lse_log2[query], delta = tile.scaled_delta[query];
    for (int64_t lane = 0; lane < kLanes<T>; lane += kVectorLanes<T>) {
      Vector<T> weight, gradient;
      Load(score + lane, weight);
      weight = weight * scale_log2 - lse;
      Exp2<T>(weight);
      Load(grad_weight + lane, gradient);
      gradient = weight * (gradient * scale - delta);
      Store(weight, score + lane);
      Store(gradient, grad_score + lane);
    }
    score += kLanes<T>;
    grad_weight += kLanes<T>;
    grad_score += tile.grad_score_stride;
  }
}

}  // namespace

RING_EVERY_CPU void AdvanceSoftmax(int64_t num_keys, float scale_log2, float* score,
                                   RunningSoftmax<float>& softmax, float* rescale) {
  Advance(num_keys, scale_log2, score, softmax, rescale);
}
RING_EVERY_CPU void AdvanceSoftmax(int64_t num_keys, double scale_log2, double* score,
                                   RunningSoftmax<double>& softmax, double* rescale) {
  Advance(num_keys, scale_log2, score, softmax, rescale);
}

RING_EVERY_CPU void RescaleRow(float factor, int64_t count, float* row) {
  Rescale(factor, count, row);
}
RING_EVERY_CPU void RescaleRow(double factor, int64_t count, double* row) {
  Rescale(factor, count, row);
}

RING_EVERY_CPU void ComputeScoreGradients(const GradientTile<float>& tile) { Differentiate(tile); }
RING_EVERY_CPU void ComputeScoreGradients(const GradientTile<double>& tile) { Differentiate(tile); }

}  // namespace ring
