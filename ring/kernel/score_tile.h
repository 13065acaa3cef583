// What happens to a tile's scores between its products, element by element.
//
// A tile is rows x kScoreLanes numbers. Exponents have base 2: with
// scale_log2 = scale * log2(e) a weight is 2^(score * scale_log2 - reference).
#ifndef RING_KERNEL_SCORE_TILE_H_
#define RING_KERNEL_SCORE_TILE_H_

#include "ring/kernel/processor_level.h"
#include "ring/kernel/tile_product.h"

#include <cstdint>

namespace ring {

// A softmax in progress, of one query per lane: `sum` is that of 2^(exponent - reference) so far.
template <typename T>
struct RunningSoftmax {
  // -infinity before the first key; then no exponent is more than kSoftmaxSlack above it.
  alignas(kPanelBytes) T reference[kScoreLanes<T>];
  alignas(kPanelBytes) T sum[kScoreLanes<T>];
};

// A reference need not be the maximum: weights up to 2^8 lose nothing, and it rises less often.
inline constexpr int kSoftmaxSlack = 8;

// Turns scores (rows are keys) into weights 2^(exponent - reference), after raising the reference
// to the tile's maximum where that is too far above. What was summed with the old one must be
// multiplied by `rescale`, which is 0 as long as the query has seen nothing. A hidden score
// (-infinity) weighs 0. -> whether some factor is not 1.
// REQUIRES, here and below: RunsHere(level).
bool AdvanceSoftmax(int64_t num_keys, float scale_log2, float* score,
                    RunningSoftmax<float>& softmax, float* rescale,
                    ProcessorLevel level = BestLevel());
bool AdvanceSoftmax(int64_t num_keys, double scale_log2, double* score,
                    RunningSoftmax<double>& softmax, double* rescale,
                    ProcessorLevel level = BestLevel());

// row[i] *= factor. Where the factor is 0 the row becomes 0, whatever it held.
void RescaleRow(float factor, int64_t count, float* row);
void RescaleRow(double factor, int64_t count, double* row);

// to[i] += from[i].
void AddRow(const float* from, int64_t count, float* to);
void AddRow(const double* from, int64_t count, double* to);

// One tile of backward, rows are queries and lanes are keys.
template <typename T>
struct GradientTile {
  int64_t num_queries = 0;
  T scale = 1;
  T scale_log2 = 1;
  const T* lse_log2 = nullptr;      // [query] +infinity for one that has seen nothing
  const T* scaled_delta = nullptr;  // [query] scale * rowsum(grad_out * out)
  T* score = nullptr;               // in: scores; out: weights
  const T* grad_weight = nullptr;   // gradients of the weights
  T* grad_score = nullptr;          // out: scale * (gradients of the scaled scores)
  int64_t grad_score_stride = 0;    // between rows of grad_score
};

void ComputeScoreGradients(const GradientTile<float>& tile, ProcessorLevel level = BestLevel());
void ComputeScoreGradients(const GradientTile<double>& tile, ProcessorLevel level = BestLevel());

}  // namespace ring

#endif  // RING_KERNEL_SCORE_TILE_H_
