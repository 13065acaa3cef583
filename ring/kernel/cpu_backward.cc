#include "ring/kernel/cpu_backward.h"

#include "ring/kernel/backward_panel.h"
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
#include <utility>

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
                   const BackwardKeyTile& keys) const;
  void AddToTensor(const BackwardKeyTile& keys, const T* sums, at::Tensor& grad_BGKD) const;
  void AttendTile(const BackwardBlock& block, const BackwardKeyTile& keys,
                  const BackwardQueryTile<T>& tile, const BackwardScratch<T>& scratch) const;
  void AddGradQ(const BackwardBlock& block, const BackwardKeyTile& keys,
                const BackwardQueryTile<T>& tile, const BackwardQueryTile<T>& seen,
                const BackwardScratch<T>& scratch) const;
  void ClearGradQ(int64_t place) const;  // of a (batch, head, query tile)
  void ReadQueryTile(int64_t batch, const BackwardScratch<T>& scratch,
                     BackwardQueryTile<T>& queries) const;

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
  BackwardKeyTile keys;
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
  AddToTensor(keys, scratch.grad_keys, block.grad_k_BGKD);
  AddToTensor(keys, scratch.grad_values, block.grad_v_BGKD);
}

template <typename T>
void CpuBackwardPass<T>::PackKeyTile(const BackwardBlock& block, const BackwardScratch<T>& scratch,
                                     const BackwardKeyTile& keys) const {
  const auto read = [&](const at::Tensor& x_BGKD) {
    return ReadRows(HeadOf(x_BGKD, keys.batch, keys.head), keys.begin, keys.count,
                    options_.operands, scratch.rows);
  };
  PackTokenColumns(read(block.v_BGKD), keys.count, head_dim(), scratch.value_tokens);
  const Rows<T> rows = read(block.k_BGKD);
  PackTokenColumns(rows, keys.count, head_dim(), scratch.key_tokens);
  PackChannelColumns(rows, keys.count, head_dim(), scratch.key_channels);
  std::fill_n(scratch.grad_keys, keys.count * PadToLanes<T>(head_dim()), T{0});
  std::fill_n(scratch.grad_values, keys.count * PadToLanes<T>(head_dim()), T{0});
}

template <typename T>
void CpuBackwardPass<T>::AddToTensor(const BackwardKeyTile& keys, const T* sums,
                                     at::Tensor& grad_BGKD) const {
  T* row = grad_BGKD.mutable_data_ptr<T>() + keys.batch * grad_BGKD.stride(0) +
           keys.head * grad_BGKD.stride(1) + keys.begin * grad_BGKD.stride(2);
  for (int64_t key = 0; key < keys.count; ++key, row += grad_BGKD.stride(2)) {
    AddRow(sums + key * PadToLanes<T>(head_dim()), head_dim(), row);
  }
}

template <typename T>
void CpuBackwardPass<T>::AttendTile(const BackwardBlock& block, const BackwardKeyTile& keys,
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
      AttendPanel(BackwardPanel<T>{.visibility = block.visibility,
                                   .options = options_,
                                   .keys = keys,
                                   .queries = queries,
                                   .scratch = scratch,
                                   .head_dim = head_dim(),
                                   .first = first,
                                   .lanes = lanes,
                                   .seen = seen_by_panel});
    }
  }
  AddGradQ(block, keys, tile, queries, scratch);
}

template <typename T>
void CpuBackwardPass<T>::ReadQueryTile(int64_t batch, const BackwardScratch<T>& scratch,
                                       BackwardQueryTile<T>& queries) const {
  const auto read = [&](const at::Tensor& x_BHQD, T* rows) {
    return ReadRows(HeadOf(x_BHQD, batch, queries.head), queries.begin, queries.count,
                    options_.operands, rows);
  };
  const int64_t row = (batch * num_heads() + queries.head) * num_queries();
  queries.lse_log2 = arrays_.lse_log2 + row;
  queries.scaled_delta = arrays_.scaled_delta + row;
  queries.queries = read(q_BHQD_, scratch.rows);
  queries.grads = read(grad_out_BHQD_, scratch.grad_rows);
  queries.query_channels =
      ReadChannels(queries.queries, queries.count, head_dim(), scratch.query_channels);
  queries.grad_channels =
      ReadChannels(queries.grads, queries.count, head_dim(), scratch.grad_channels);
}

// dQ += dS K, added in its turn. `tile` is the whole tile, `seen` those of its queries that take
// part.
template <typename T>
void CpuBackwardPass<T>::AddGradQ(const BackwardBlock& block, const BackwardKeyTile& keys,
                                  const BackwardQueryTile<T>& tile,
                                  const BackwardQueryTile<T>& seen,
                                  const BackwardScratch<T>& scratch) const {
  const int64_t padded_dim = PadToLanes<T>(head_dim());
  if (seen.count > 0) {
    const SeenRows used = FindSeenRows(
        block.visibility.keys_of_query.data() + seen.begin, seen.count,
        {.first = keys.begin, .count = keys.count, .prefix = block.visibility.num_prefix_keys});
    const int64_t skipped = used.begin - keys.begin;
    Multiply(TileProduct<T>{.rows = seen.count,
                            .depth = used.count(),
                            .columns = padded_dim,
                            .a = scratch.grad_scores + skipped,
                            .a_row_stride = BackwardScratch<T>::kGradScoreStride,
                            .b = scratch.key_channels + skipped * kLanes<T>,
                            .b_panel_stride = keys.count * kLanes<T>,
                            .c = scratch.grad_queries,
                            .c_row_stride = padded_dim});
  }
  const int64_t index = tile.begin / kQueryTile;
  const int64_t place = (keys.batch * num_heads() + tile.head) * num_query_tiles() + index;
  WaitForTurn(arrays_.last_key_tile[place], arrays_.visited[index].Previous(keys.index));
  if (seen.count > 0 && std::exchange(arrays_.started[place], 1) == 0) ClearGradQ(place);
  for (int64_t i = 0; i < seen.count; ++i) {
    AddRow(scratch.grad_queries + i * padded_dim, head_dim(),
           GradQ(keys.batch, tile.head, seen.begin + i));
  }
  PassTurn(arrays_.last_key_tile[place], keys.index);
}

template <typename T>
void CpuBackwardPass<T>::ClearGradQ(int64_t place) const {
  const int64_t row = place / num_query_tiles(), first = place % num_query_tiles() * kQueryTile;
  for (int64_t query = first; query < std::min(first + kQueryTile, num_queries()); ++query) {
    std::fill_n(GradQ(row / num_heads(), row % num_heads(), query), head_dim(), T{0});
  }
}

template <typename T>
at::Tensor CpuBackwardPass<T>::FinishGradQ() {
  for (int64_t place = 0; place < num_rows() * num_query_tiles(); ++place) {
    if (arrays_.started[place] == 0) ClearGradQ(place);
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
