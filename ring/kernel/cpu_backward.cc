#include "ring/kernel/cpu_backward.h"

#include "ring/kernel/attention_dropout.h"
#include "ring/kernel/backward_workspace.h"
#include "ring/kernel/block_checks.h"
#include "ring/kernel/row_statistics.h"
#include "ring/kernel/score_tile.h"
#include "ring/kernel/thread_team.h"
#include "ring/kernel/tile_product.h"
#include "ring/kernel/tile_visibility.h"
#include "ring/kernel/token_rows.h"
#include "ring/kernel/visited_tiles.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <numbers>

namespace ring {
namespace {

constexpr int64_t kQueryTile = kBackwardQueryTile;

template <typename T>
class CpuBackwardPass final : public BackwardPass {
 public:
  CpuBackwardPass(const BackwardInputs& inputs, const PartialAttention& whole,
                  const BlockAttentionOptions& options);

  void Attend(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD, const BlockVisibility& visibility,
              at::Tensor& grad_k_BGKD, at::Tensor& grad_v_BGKD) override;
  at::Tensor FinishGradQ() override;

 private:
  void PrepareQueries(const PartialAttention& whole, int64_t place,
                      const BackwardScratch<T>& scratch) const;
  void AttendKeyTile(const BackwardBlock& block, int64_t piece,
                     const BackwardScratch<T>& scratch) const;
  void PackKeyTile(const BackwardBlock& block, const BackwardScratch<T>& scratch,
                   BackwardKeyTile<T>& keys) const;
  void AttendTile(const BackwardBlock& block, const BackwardKeyTile<T>& keys,
                  const BackwardQueryTile<T>& tile, const BackwardScratch<T>& scratch) const;
  void AddGradQ(const BackwardKeyTile<T>& keys, const BackwardQueryTile<T>& tile,
                const BackwardQueryTile<T>& seen, const BackwardScratch<T>& scratch) const;
  void ReadQueryTile(int64_t batch, const BackwardScratch<T>& scratch,
                     BackwardQueryTile<T>& queries) const;
  void AttendPanel(const BackwardPanel<T>& panel) const;
  void ComputeScores(const BackwardPanel<T>& panel) const;
  void DifferentiateScores(const BackwardPanel<T>& panel) const;
  void AddKeyGradients(const BackwardPanel<T>& panel) const;

  static constexpr int64_t kStride = BackwardScratch<T>::kGradScoreStride;

  int64_t num_heads() const { return q_BHQD_.size(1); }
  int64_t num_queries() const { return q_BHQD_.size(2); }
  int64_t head_dim() const { return q_BHQD_.size(3); }
  int64_t num_rows() const { return q_BHQD_.size(0) * num_heads(); }
  T* GradQ(int64_t batch, int64_t head, int64_t query) const {
    return grad_q_BQHD_.mutable_data_ptr<T>() + batch * grad_q_BQHD_.stride(0) +
           query * grad_q_BQHD_.stride(1) + head * grad_q_BQHD_.stride(2);
  }
  int64_t num_key_tiles(const BackwardBlock& block) const {
    return (block.k_BGKD.size(2) + arrays_.key_tile - 1) / arrays_.key_tile;
  }
  int64_t num_query_tiles() const { return (num_queries() + kQueryTile - 1) / kQueryTile; }

  const at::Tensor q_BHQD_;
  const at::Tensor grad_out_BHQD_;
  const int64_t num_key_heads_;
  const int64_t max_keys_;
  const BlockAttentionOptions options_;
  const int num_threads_ = at::get_num_threads();
  at::Tensor grad_q_BQHD_;
  c10::DataPtr memory_;
  BackwardArrays<T> arrays_;
};

template <typename T>
CpuBackwardPass<T>::CpuBackwardPass(const BackwardInputs& inputs, const PartialAttention& whole,
                                    const BlockAttentionOptions& options)
    : q_BHQD_(inputs.q_BHQD),
      grad_out_BHQD_(inputs.grad_out_BHQD),
      num_key_heads_(inputs.num_key_heads),
      max_keys_(inputs.max_keys),
      options_(options) {
  grad_q_BQHD_ = at::empty({q_BHQD_.size(0), num_queries(), num_heads(), head_dim()},
                           at::dtype(c10::CppTypeToScalarType<T>::value));
  arrays_.scratch.resize(static_cast<size_t>(num_threads_));
  const BlockShape shape = {.batch = q_BHQD_.size(0),
                            .query_heads = num_heads(),
                            .key_heads = num_key_heads_,
                            .queries = num_queries(),
                            .max_keys = max_keys_,
                            .head_dim = head_dim()};
  Workspace count;
  arrays_.Take(shape, count);
  memory_ = c10::GetCPUAllocator()->allocate(static_cast<size_t>(count.bytes()));
  Workspace workspace(memory_.get());
  arrays_.Take(shape, workspace);
  std::fill_n(arrays_.started, num_rows() * num_query_tiles(), 0);
  RunPieces(num_rows() * num_query_tiles(), num_threads_, [&](int64_t place, int thread) {
    PrepareQueries(whole, place, arrays_.scratch[static_cast<size_t>(thread)]);
  });
}

template <typename T>
void CpuBackwardPass<T>::PrepareQueries(const PartialAttention& whole, int64_t place,
                                        const BackwardScratch<T>& scratch) const {
  const int64_t row = place / num_query_tiles(), begin = place % num_query_tiles() * kQueryTile;
  const int64_t batch = row / num_heads(), head = row % num_heads();
  const at::Tensor& lse = whole.lse_BHQ;
  const ForwardRows forward = {
      .out = HeadOf(whole.out_BHQD, batch, head),
      .grad_out = HeadOf(grad_out_BHQD_, batch, head),
      .lse = lse.const_data_ptr<T>() + batch * lse.stride(0) + head * lse.stride(1),
      .lse_stride = lse.stride(2)};
  const IndexRange queries = {
      .begin = static_cast<int32_t>(begin),
      .end = static_cast<int32_t>(std::min(begin + kQueryTile, num_queries()))};
  ComputeRowStatistics<T>(forward, queries, options_, scratch.rows,
                          {.lse_log2 = arrays_.lse_log2 + row * num_queries(),
                           .scaled_delta = arrays_.scaled_delta + row * num_queries()});
}

template <typename T>
void CpuBackwardPass<T>::Attend(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD,
                                const BlockVisibility& visibility, at::Tensor& grad_k_BGKD,
                                at::Tensor& grad_v_BGKD) {
  CheckBlock(k_BGKD, v_BGKD, visibility,
             {.batch = q_BHQD_.size(0),
              .key_heads = num_key_heads_,
              .queries = num_queries(),
              .max_keys = max_keys_,
              .head_dim = head_dim()});
  CheckKeyGradient(grad_k_BGKD, k_BGKD, options_.operands);
  CheckKeyGradient(grad_v_BGKD, k_BGKD, options_.operands);
  for (int64_t tile = 0; tile < num_query_tiles(); ++tile) {
    const int64_t begin = tile * kQueryTile;
    arrays_.visited[tile] = FindVisitedTiles(
        visibility, begin, std::min(kQueryTile, num_queries() - begin), arrays_.key_tile);
  }
  std::fill_n(arrays_.last_key_tile, num_rows() * num_query_tiles(), -1);
  const BackwardBlock block = {k_BGKD, v_BGKD, visibility, grad_k_BGKD, grad_v_BGKD};
  RunPieces(q_BHQD_.size(0) * num_key_heads_ * num_key_tiles(block), num_threads_,
            [&](int64_t piece, int thread) {
              AttendKeyTile(block, piece, arrays_.scratch[static_cast<size_t>(thread)]);
            });
}

// Head by head, so that the queries of one stay in the shared cache; within a head early keys
// first: turns go by them, and under a causal mask they are the long ones.
template <typename T>
void CpuBackwardPass<T>::AttendKeyTile(const BackwardBlock& block, int64_t piece,
                                       const BackwardScratch<T>& scratch) const {
  const int64_t num_tiles = num_key_tiles(block), row = piece / num_tiles;
  BackwardKeyTile<T> keys;
  keys.batch = row / num_key_heads_;
  keys.head = row % num_key_heads_;
  keys.index = static_cast<int32_t>(piece % num_tiles);
  keys.begin = keys.index * arrays_.key_tile;
  keys.count = std::min(arrays_.key_tile, block.k_BGKD.size(2) - keys.begin);
  const auto visits = [&](int64_t tile) { return arrays_.visited[tile].Visits(keys.index); };
  int64_t tile = 0;
  while (tile < num_query_tiles() && !visits(tile)) ++tile;
  if (tile == num_query_tiles()) return;

  PackKeyTile(block, scratch, keys);
  const int64_t heads_per_key_head = num_heads() / num_key_heads_;
  for (int64_t i = 0; i < heads_per_key_head; ++i) {
    for (int64_t each = tile; each < num_query_tiles(); ++each) {
      if (!visits(each)) continue;
      BackwardQueryTile<T> queries;
      queries.head = keys.head * heads_per_key_head + i;
      queries.begin = each * kQueryTile;
      queries.count = std::min(kQueryTile, num_queries() - queries.begin);
      AttendTile(block, keys, queries, scratch);
    }
  }
}

template <typename T>
void CpuBackwardPass<T>::PackKeyTile(const BackwardBlock& block, const BackwardScratch<T>& scratch,
                                     BackwardKeyTile<T>& keys) const {
  const auto read = [&](const at::Tensor& x_BGKD) {
    return ReadRows(HeadOf(x_BGKD, keys.batch, keys.head), keys.begin, keys.count,
                    options_.operands, scratch.rows);
  };
  const auto grad_of = [&](at::Tensor& grad_BGKD) {
    return grad_BGKD.mutable_data_ptr<T>() + keys.batch * grad_BGKD.stride(0) +
           keys.head * grad_BGKD.stride(1) + keys.begin * grad_BGKD.stride(2);
  };
  PackTokenColumns(read(block.v_BGKD), keys.count, head_dim(), scratch.value_tokens);
  const Rows<T> rows = read(block.k_BGKD);
  PackTokenColumns(rows, keys.count, head_dim(), scratch.key_tokens);
  PackChannelColumns(rows, keys.count, head_dim(), scratch.key_channels);
  keys.grad_keys = grad_of(block.grad_k_BGKD);
  keys.grad_values = grad_of(block.grad_v_BGKD);
}

template <typename T>
void CpuBackwardPass<T>::AttendTile(const BackwardBlock& block, const BackwardKeyTile<T>& keys,
                                    const BackwardQueryTile<T>& tile,
                                    const BackwardScratch<T>& scratch) const {
  const SeenRows seen = FindSeenRows(block.visibility.queries_of_key.data() + keys.begin,
                                     keys.count, {.first = tile.begin, .count = tile.count});
  BackwardQueryTile<T> queries = tile;
  queries.begin = seen.begin;
  queries.count = seen.count();
  if (queries.count > 0) {
    ReadQueryTile(keys.batch, scratch, queries);
    for (int64_t first = 0; first < keys.count; first += kScoreLanes<T>) {
      const int64_t lanes = std::min(kScoreLanes<T>, keys.count - first);
      const SeenRows seen_by_panel =
          FindSeenRows(block.visibility.queries_of_key.data() + keys.begin + first, lanes,
                       {.first = queries.begin, .count = queries.count});
      AttendPanel({block, keys, queries, scratch, first, lanes, seen_by_panel});
    }
  }
  AddGradQ(keys, tile, queries, scratch);
}

template <typename T>
void CpuBackwardPass<T>::ReadQueryTile(int64_t batch, const BackwardScratch<T>& scratch,
                                       BackwardQueryTile<T>& queries) const {
  const auto read = [&](const at::Tensor& x_BHQD, T* rows) {
    return ReadRows(HeadOf(x_BHQD, batch, queries.head), queries.begin, queries.count,
                    options_.operands, rows);
  };
  queries.queries = read(q_BHQD_, scratch.rows);
  queries.grads = read(grad_out_BHQD_, scratch.grad_rows);
  PackChannelColumns(queries.queries, queries.count, head_dim(), scratch.query_channels);
  PackChannelColumns(queries.grads, queries.count, head_dim(), scratch.grad_channels);
}

// One panel of keys: their gradients, and their columns of dS.
template <typename T>
void CpuBackwardPass<T>::AttendPanel(const BackwardPanel<T>& panel) const {
  const int64_t skipped = panel.skipped(), end = skipped + panel.seen.count();
  for (int64_t query = 0; query < panel.queries.count; ++query) {
    if (query >= skipped && query < end) continue;
    std::fill_n(panel.scratch.grad_scores + query * kStride + panel.first, kScoreLanes<T>, T{0});
  }
  if (panel.seen.count() == 0) return;
  ComputeScores(panel);
  DifferentiateScores(panel);
  AddKeyGradients(panel);
}

// S = Q K^T and dP = dO V^T.
template <typename T>
void CpuBackwardPass<T>::ComputeScores(const BackwardPanel<T>& panel) const {
  const Rows<T>&queries = panel.queries.queries, &grads = panel.queries.grads;
  const BackwardScratch<T>& scratch = panel.scratch;
  TileProduct<T> product = {.rows = panel.seen.count(),
                            .depth = head_dim(),
                            .columns = kScoreLanes<T>,
                            .a = queries.data + panel.skipped() * queries.stride,
                            .a_row_stride = queries.stride,
                            .b = scratch.key_tokens + panel.first * head_dim(),
                            .b_panel_stride = head_dim() * kLanes<T>,
                            .c = scratch.scores,
                            .c_row_stride = kScoreLanes<T>};
  Multiply(product);
  product.a = grads.data + panel.skipped() * grads.stride;
  product.a_row_stride = grads.stride;
  product.b = scratch.value_tokens + panel.first * head_dim();
  product.c = scratch.grad_weights;
  Multiply(product);
}

// Scores become weights, the gradients of weights those of scores.
template <typename T>
void CpuBackwardPass<T>::DifferentiateScores(const BackwardPanel<T>& panel) const {
  const BlockVisibility& visibility = panel.block.visibility;
  const BackwardScratch<T>& scratch = panel.scratch;
  const SeenRows& seen = panel.seen;
  const int64_t first_key = panel.keys.begin + panel.first;
  if (!seen.whole) {
    HideUnseen(visibility.keys_of_query.data() + seen.begin, seen.count(), first_key,
               visibility.num_prefix_keys, scratch.scores);
  }
  const DropoutPanel dropout = {
      .probability = options_.dropout.probability,
      .head_hash = HeadHash(options_.dropout, panel.keys.batch, panel.queries.head),
      .num_rows = seen.count(),
      .num_lanes = panel.lanes,
      .row_positions = visibility.query_positions.data() + seen.begin,
      .lane_positions = visibility.key_positions.data() + first_key};
  if (dropout.probability > 0) DropWithKeyLanes(dropout, scratch.grad_weights);
  const int64_t row = panel.keys.batch * num_heads() + panel.queries.head;
  const int64_t state = row * num_queries() + seen.begin;
  ComputeScoreGradients(
      GradientTile<T>{.num_queries = seen.count(),
                      .scale = static_cast<T>(options_.scale),
                      .scale_log2 = static_cast<T>(options_.scale * std::numbers::log2e),
                      .lse_log2 = arrays_.lse_log2 + state,
                      .scaled_delta = arrays_.scaled_delta + state,
                      .score = scratch.scores,
                      .grad_weight = scratch.grad_weights,
                      .grad_score = scratch.grad_scores + panel.skipped() * kStride + panel.first,
                      .grad_score_stride = kStride});
  if (dropout.probability > 0) DropWithKeyLanes(dropout, scratch.scores);
}

// dV += P^T dO and dK += dS^T Q.
template <typename T>
void CpuBackwardPass<T>::AddKeyGradients(const BackwardPanel<T>& panel) const {
  const BackwardScratch<T>& scratch = panel.scratch;
  TileProduct<T> product = {.rows = panel.lanes,
                            .depth = panel.seen.count(),
                            .columns = head_dim(),
                            .a = scratch.scores,
                            .a_row_stride = 1,
                            .a_depth_stride = kScoreLanes<T>,
                            .b = scratch.grad_channels + panel.skipped() * kLanes<T>,
                            .b_panel_stride = panel.queries.count * kLanes<T>,
                            .add = true};
  product.c_row_stride = panel.block.grad_v_BGKD.stride(2);
  product.c = panel.keys.grad_values + panel.first * product.c_row_stride;
  Multiply(product);

  product.a = scratch.grad_scores + panel.skipped() * kStride + panel.first;
  product.a_depth_stride = kStride;
  product.b = scratch.query_channels + panel.skipped() * kLanes<T>;
  product.c_row_stride = panel.block.grad_k_BGKD.stride(2);
  product.c = panel.keys.grad_keys + panel.first * product.c_row_stride;
  Multiply(product);
}

// dQ += dS K in its turn. `tile` is the whole tile, `seen` those of its queries that take part.
template <typename T>
void CpuBackwardPass<T>::AddGradQ(const BackwardKeyTile<T>& keys, const BackwardQueryTile<T>& tile,
                                  const BackwardQueryTile<T>& seen,
                                  const BackwardScratch<T>& scratch) const {
  const int64_t index = tile.begin / kQueryTile;
  const int64_t place = (keys.batch * num_heads() + tile.head) * num_query_tiles() + index;
  WaitForTurn(arrays_.last_key_tile[place], arrays_.visited[index].Previous(keys.index));
  if (seen.count > 0) {
    if (arrays_.started[place] == 0) {
      arrays_.started[place] = 1;
      for (int64_t query = tile.begin; query < tile.begin + tile.count; ++query) {
        std::fill_n(GradQ(keys.batch, tile.head, query), head_dim(), T{0});
      }
    }
    Multiply(TileProduct<T>{.rows = seen.count,
                            .depth = keys.count,
                            .columns = head_dim(),
                            .a = scratch.grad_scores,
                            .a_row_stride = kStride,
                            .b = scratch.key_channels,
                            .b_panel_stride = keys.count * kLanes<T>,
                            .c = GradQ(keys.batch, tile.head, seen.begin),
                            .c_row_stride = grad_q_BQHD_.stride(1),
                            .add = true});
  }
  PassTurn(arrays_.last_key_tile[place], keys.index);
}

template <typename T>
at::Tensor CpuBackwardPass<T>::FinishGradQ() {
  for (int64_t place = 0; place < num_rows() * num_query_tiles(); ++place) {
    if (arrays_.started[place] != 0) continue;
    const int64_t row = place / num_query_tiles(), first = place % num_query_tiles() * kQueryTile;
    for (int64_t query = first; query < std::min(first + kQueryTile, num_queries()); ++query) {
      std::fill_n(GradQ(row / num_heads(), row % num_heads(), query), head_dim(), T{0});
    }
  }
  memory_.clear();
  return grad_q_BQHD_.transpose(1, 2);
}

template <typename T>
int64_t CountBytes(const BlockShape& shape) {
  Workspace count;
  BackwardArrays<T> arrays;
  arrays.scratch.resize(static_cast<size_t>(at::get_num_threads()));
  arrays.Take(shape, count);
  return count.bytes();
}

}  // namespace

std::unique_ptr<BackwardPass> MakeCpuBackwardPass(const BackwardInputs& inputs,
                                                  const PartialAttention& whole,
                                                  const BlockAttentionOptions& options) {
  if (options.operands == at::kDouble) {
    return std::make_unique<CpuBackwardPass<double>>(inputs, whole, options);
  }
  return std::make_unique<CpuBackwardPass<float>>(inputs, whole, options);
}

int64_t CpuBackwardPassBytes(const BlockShape& shape, at::ScalarType operands) {
  return operands == at::kDouble ? CountBytes<double>(shape) : CountBytes<float>(shape);
}

}  // namespace ring
