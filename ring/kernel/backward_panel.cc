#include "ring/kernel/backward_panel.h"

#include "ring/kernel/attention_dropout.h"
#include "ring/kernel/score_tile.h"
#include "ring/kernel/tile_product.h"

#include <algorithm>
#include <numbers>

namespace ring {
namespace {

// S = Q K^T and dP = dO V^T.
template <typename T>
void ComputeScores(const BackwardPanel<T>& panel) {
  const Rows<T>&queries = panel.queries.queries, &grads = panel.queries.grads;
  const BackwardScratch<T>& scratch = panel.scratch;
  TileProduct<T> product = {.rows = panel.seen.count(),
                            .depth = panel.head_dim,
                            .columns = kScoreLanes<T>,
                            .a = queries.data + panel.skipped() * queries.stride,
                            .a_row_stride = queries.stride,
                            .b = scratch.key_tokens + panel.first * panel.head_dim,
                            .b_panel_stride = panel.head_dim * kLanes<T>,
                            .c = scratch.scores,
                            .c_row_stride = kScoreLanes<T>};
  Multiply(product);
  product.a = grads.data + panel.skipped() * grads.stride;
  product.a_row_stride = grads.stride;
  product.b = scratch.value_tokens + panel.first * panel.head_dim;
  product.c = scratch.grad_weights;
  Multiply(product);
}

// Scores become weights, the gradients of weights those of scores.
template <typename T>
void DifferentiateScores(const BackwardPanel<T>& panel) {
  const BlockVisibility& visibility = panel.visibility;
  const BackwardScratch<T>& scratch = panel.scratch;
  const SeenRows& seen = panel.seen;
  const int64_t first_key = panel.keys.begin + panel.first;
  if (!seen.whole) {
    HideUnseen(visibility.keys_of_query.data() + seen.begin, seen.count(), first_key,
               visibility.num_prefix_keys, scratch.scores);
  }
  const DropoutPanel dropout = {
      .probability = panel.options.dropout.probability,
      .head_hash = HeadHash(panel.options.dropout, panel.keys.batch, panel.queries.head),
      .num_rows = seen.count(),
      .num_lanes = panel.lanes,
      .row_positions = visibility.query_positions.data() + seen.begin,
      .lane_positions = visibility.key_positions.data() + first_key};
  if (dropout.probability > 0) DropWithKeyLanes(dropout, scratch.grad_weights);
  ComputeScoreGradients(GradientTile<T>{
      .num_queries = seen.count(),
      .scale = static_cast<T>(panel.options.scale),
      .scale_log2 = static_cast<T>(panel.options.scale * std::numbers::log2e),
      .lse_log2 = panel.queries.lse_log2 + seen.begin,
      .scaled_delta = panel.queries.scaled_delta + seen.begin,
      .score = scratch.scores,
      .grad_weight = scratch.grad_weights,
      .grad_score = scratch.grad_scores + panel.skipped() * BackwardScratch<T>::kGradScoreStride +
                    panel.first,
      .grad_score_stride = BackwardScratch<T>::kGradScoreStride});
  if (dropout.probability > 0) DropWithKeyLanes(dropout, scratch.scores);
}

// dV += P^T dO and dK += dS^T Q.
template <typename T>
void AddKeyGradients(const BackwardPanel<T>& panel) {
  const BackwardScratch<T>& scratch = panel.scratch;
  const ChannelPanels<T>&queries = panel.queries.query_channels,
        &grads = panel.queries.grad_channels;
  const int64_t padded_dim = PadToLanes<T>(panel.head_dim);
  TileProduct<T> product = {.rows = panel.lanes,
                            .depth = panel.seen.count(),
                            .columns = padded_dim,
                            .a = scratch.scores,
                            .a_row_stride = 1,
                            .a_depth_stride = kScoreLanes<T>,
                            .b = grads.data + panel.skipped() * grads.row_stride,
                            .b_panel_stride = grads.panel_stride,
                            .b_row_stride = grads.row_stride,
                            .c = scratch.grad_values + panel.first * padded_dim,
                            .c_row_stride = padded_dim,
                            .add = true};
  Multiply(product);

  product.a =
      scratch.grad_scores + panel.skipped() * BackwardScratch<T>::kGradScoreStride + panel.first;
  product.a_depth_stride = BackwardScratch<T>::kGradScoreStride;
  product.b = queries.data + panel.skipped() * queries.row_stride;
  product.b_panel_stride = queries.panel_stride;
  product.b_row_stride = queries.row_stride;
  product.c = scratch.grad_keys + panel.first * padded_dim;
  Multiply(product);
}

}  // namespace

template <typename T>
void AttendPanel(const BackwardPanel<T>& panel) {
  const int64_t skipped = panel.skipped(), end = skipped + panel.seen.count();
  for (int64_t query = 0; query < panel.queries.count; ++query) {
    if (query >= skipped && query < end) continue;
    std::fill_n(
        panel.scratch.grad_scores + query * BackwardScratch<T>::kGradScoreStride + panel.first,
        kScoreLanes<T>, T{0});
  }
  if (panel.seen.count() == 0) return;
  ComputeScores(panel);
  DifferentiateScores(panel);
  AddKeyGradients(panel);
}

template void AttendPanel(const BackwardPanel<float>&);
template void AttendPanel(const BackwardPanel<double>&);

}  // namespace ring
