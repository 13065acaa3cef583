#include "ring/kernel/cpu_backward.h"

#include "ring/kernel/attention_dropout.h"
#include "ring/kernel/block_checks.h"
#include "ring/kernel/score_tile.h"
#include "ring/kernel/thread_team.h"
#include "ring/kernel/tile_product.h"
#include "ring/kernel/tile_visibility.h"
#include "ring/kernel/token_rows.h"
#include "ring/kernel/visited_tiles.h"
#include "ring/kernel/workspace.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace ring {
namespace {

// Both fit the second-level cache together with what is computed from them.
constexpr int64_t kQueryTile = 128;
constexpr int64_t kKeyTile = 128;

// What one thread works in.
template <typename T>
struct Scratch {
  // Of the tile of keys.
  T* key_tokens;  // panels of kLanes keys, D rows each
  T* value_tokens;
  T* key_channels;  // panels of kLanes channels, a row per key

  // Of the tile of queries.
  T* rows;  // converted to T
  T* grad_rows;
  T* query_channels;
  T* grad_channels;

  T* scores;        // queries x kLanes
  T* grad_weights;  // queries x kLanes
  T* grad_scores;   // queries x keys

  // One line more than the keys, so that rows do not fall into the same set of the cache.
  static constexpr int64_t kGradScoreStride = kKeyTile + kLanes<T>;

  static Scratch Take(Workspace& workspace, int64_t head_dim) {
    const int64_t padded_dim = PadToLanes<T>(head_dim);
    return {.key_tokens = workspace.Take<T>(kKeyTile * head_dim),
            .value_tokens = workspace.Take<T>(kKeyTile * head_dim),
            .key_channels = workspace.Take<T>(kKeyTile * padded_dim),
            .rows = workspace.Take<T>(std::max(kQueryTile, kKeyTile) * head_dim),
            .grad_rows = workspace.Take<T>(kQueryTile * head_dim),
            .query_channels = workspace.Take<T>(kQueryTile * padded_dim),
            .grad_channels = workspace.Take<T>(kQueryTile * padded_dim),
            .scores = workspace.Take<T>(kQueryTile * kLanes<T>),
            .grad_weights = workspace.Take<T>(kQueryTile * kLanes<T>),
            .grad_scores = workspace.Take<T>(kQueryTile * kGradScoreStride)};
  }
};

template <typename T>
struct Arrays {
  T* lse_log2 = nullptr;             // (B, H, Q)
  T* scaled_delta = nullptr;         // (B, H, Q)
  int32_t* last_key_tile = nullptr;  // (B, H, query tiles) that added to dQ in this call
  int32_t* started = nullptr;        // (B, H, query tiles) whether dQ holds a sum yet
  VisitedTiles* visited = nullptr;   // (query tiles)
  std::vector<Scratch<T>> scratch;   // [thread]

  void Take(const BlockShape& shape, Workspace& workspace) {
    const int64_t num_rows = shape.batch * shape.query_heads;
    const int64_t num_tiles = (shape.queries + kQueryTile - 1) / kQueryTile;
    lse_log2 = workspace.Take<T>(num_rows * shape.queries);
    scaled_delta = workspace.Take<T>(num_rows * shape.queries);
    last_key_tile = workspace.Take<int32_t>(num_rows * num_tiles);
    started = workspace.Take<int32_t>(num_rows * num_tiles);
    visited = workspace.Take<VisitedTiles>(num_tiles);
    for (Scratch<T>& each : scratch) each = Scratch<T>::Take(workspace, shape.head_dim);
  }
};

// One call of Attend.
struct Block {
  const at::Tensor& k_BGKD;
  const at::Tensor& v_BGKD;
  const BlockVisibility& visibility;
  at::Tensor& grad_k_BGKD;
  at::Tensor& grad_v_BGKD;
};

template <typename T>
struct KeyTile {
  int64_t batch = 0;
  int64_t head = 0;  // of keys
  int32_t index = 0;
  int64_t begin = 0;
  int64_t count = 0;
  T* grad_keys = nullptr;  // its first rows
  T* grad_values = nullptr;
};

// The queries of a tile that see some key of a tile of keys.
template <typename T>
struct QueryTile {
  int64_t head = 0;
  int64_t begin = 0;
  int64_t count = 0;
  Rows<T> queries;
  Rows<T> grads;
};

template <typename T>
class CpuBackwardPass final : public BackwardPass {
 public:
  CpuBackwardPass(const BackwardInputs& inputs, const PartialAttention& whole,
                  const BlockAttentionOptions& options);

  void Attend(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD, const BlockVisibility& visibility,
              at::Tensor& grad_k_BGKD, at::Tensor& grad_v_BGKD) override;
  at::Tensor FinishGradQ() override;

 private:
  void PrepareRow(const PartialAttention& whole, int64_t row, const Scratch<T>& scratch) const;
  void AttendKeyTile(const Block& block, int64_t piece, const Scratch<T>& scratch) const;
  void PackKeyTile(const Block& block, const Scratch<T>& scratch, KeyTile<T>& keys) const;
  void AttendTile(const Block& block, const KeyTile<T>& keys, const QueryTile<T>& tile,
                  const Scratch<T>& scratch) const;
  void AddGradQ(const KeyTile<T>& keys, const QueryTile<T>& tile, const QueryTile<T>& seen,
                const Scratch<T>& scratch) const;
  void ReadQueryTile(int64_t batch, const Scratch<T>& scratch, QueryTile<T>& queries) const;
  void AttendPanel(const Block& block, const KeyTile<T>& keys, int64_t first,
                   const Scratch<T>& scratch, const QueryTile<T>& queries) const;
  void ComputeWeights(const Block& block, const KeyTile<T>& keys, const SeenRows& seen,
                      int64_t first, const Scratch<T>& scratch, const QueryTile<T>& queries) const;

  int64_t num_heads() const { return q_BHQD_.size(1); }
  int64_t num_queries() const { return q_BHQD_.size(2); }
  int64_t head_dim() const { return q_BHQD_.size(3); }
  int64_t num_rows() const { return q_BHQD_.size(0) * num_heads(); }
  T* GradQ(int64_t batch, int64_t head, int64_t query) const {
    return grad_q_BQHD_.mutable_data_ptr<T>() + batch * grad_q_BQHD_.stride(0) +
           query * grad_q_BQHD_.stride(1) + head * grad_q_BQHD_.stride(2);
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
  Arrays<T> arrays_;
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
                            .queries = num_queries(),
                            .head_dim = head_dim()};
  Workspace count;
  arrays_.Take(shape, count);
  memory_ = c10::GetCPUAllocator()->allocate(static_cast<size_t>(count.bytes()));
  Workspace workspace(memory_.get());
  arrays_.Take(shape, workspace);
  std::fill_n(arrays_.started, num_rows() * num_query_tiles(), 0);
  RunPieces(num_rows(), num_threads_, [&](int64_t row, int thread) {
    PrepareRow(whole, row, arrays_.scratch[static_cast<size_t>(thread)]);
  });
}

// Delta and lse, of one head.
template <typename T>
void CpuBackwardPass<T>::PrepareRow(const PartialAttention& whole, int64_t row,
                                    const Scratch<T>& scratch) const {
  const int64_t batch = row / num_heads(), head = row % num_heads();
  const TokenMatrix grad = HeadOf(grad_out_BHQD_, batch, head);
  const TokenMatrix out = HeadOf(whole.out_BHQD, batch, head);
  const T* const lse = whole.lse_BHQ.const_data_ptr<T>() + batch * whole.lse_BHQ.stride(0) +
                       head * whole.lse_BHQ.stride(1);
  for (int64_t query = 0; query < num_queries(); ++query) {
    const T* const x = ReadRows(grad, query, 1, options_.operands, scratch.rows).data;
    const T* const y =
        ReadRows(out, query, 1, c10::CppTypeToScalarType<T>::value, scratch.grad_rows).data;
    double delta = 0;
    for (int64_t d = 0; d < head_dim(); ++d) {
      delta += static_cast<double>(x[d]) * static_cast<double>(y[d]);
    }
    const double exponent =
        static_cast<double>(lse[query * whole.lse_BHQ.stride(2)]) * std::numbers::log2e;
    const double infinity = std::numeric_limits<double>::infinity();
    const int64_t place = row * num_queries() + query;
    arrays_.scaled_delta[place] = static_cast<T>(delta * options_.scale);
    arrays_.lse_log2[place] = static_cast<T>(exponent == -infinity ? infinity : exponent);
  }
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
    arrays_.visited[tile] =
        FindVisitedTiles(visibility, begin, std::min(kQueryTile, num_queries() - begin), kKeyTile);
  }
  std::fill_n(arrays_.last_key_tile, num_rows() * num_query_tiles(), -1);
  const Block block = {k_BGKD, v_BGKD, visibility, grad_k_BGKD, grad_v_BGKD};
  const int64_t num_key_tiles = (k_BGKD.size(2) + kKeyTile - 1) / kKeyTile;
  RunPieces(q_BHQD_.size(0) * num_key_heads_ * num_key_tiles, num_threads_,
            [&](int64_t piece, int thread) {
              AttendKeyTile(block, piece, arrays_.scratch[static_cast<size_t>(thread)]);
            });
}

// Early keys first: turns go by them, and under a causal mask they are the long ones.
template <typename T>
void CpuBackwardPass<T>::AttendKeyTile(const Block& block, int64_t piece,
                                       const Scratch<T>& scratch) const {
  const int64_t rows = q_BHQD_.size(0) * num_key_heads_, row = piece % rows;
  KeyTile<T> keys;
  keys.batch = row / num_key_heads_;
  keys.head = row % num_key_heads_;
  keys.index = static_cast<int32_t>(piece / rows);
  keys.begin = keys.index * kKeyTile;
  keys.count = std::min(kKeyTile, block.k_BGKD.size(2) - keys.begin);
  const auto visits = [&](int64_t tile) { return arrays_.visited[tile].Visits(keys.index); };
  int64_t tile = 0;
  while (tile < num_query_tiles() && !visits(tile)) ++tile;
  if (tile == num_query_tiles()) return;

  PackKeyTile(block, scratch, keys);
  const int64_t heads_per_key_head = num_heads() / num_key_heads_;
  for (int64_t i = 0; i < heads_per_key_head; ++i) {
    for (int64_t each = tile; each < num_query_tiles(); ++each) {
      if (!visits(each)) continue;
      QueryTile<T> queries;
      queries.head = keys.head * heads_per_key_head + i;
      queries.begin = each * kQueryTile;
      queries.count = std::min(kQueryTile, num_queries() - queries.begin);
      AttendTile(block, keys, queries, scratch);
    }
  }
}

template <typename T>
void CpuBackwardPass<T>::PackKeyTile(const Block& block, const Scratch<T>& scratch,
                                     KeyTile<T>& keys) const {
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
void CpuBackwardPass<T>::AttendTile(const Block& block, const KeyTile<T>& keys,
                                    const QueryTile<T>& tile, const Scratch<T>& scratch) const {
  const SeenRows seen = FindSeenRows(block.visibility.queries_of_key.data() + keys.begin,
                                     keys.count, {.first = tile.begin, .count = tile.count});
  QueryTile<T> queries = tile;
  queries.begin = seen.begin;
  queries.count = seen.count();
  if (queries.count > 0) {
    ReadQueryTile(keys.batch, scratch, queries);
    for (int64_t first = 0; first < keys.count; first += kLanes<T>) {
      AttendPanel(block, keys, first, scratch, queries);
    }
  }
  AddGradQ(keys, tile, queries, scratch);
}

template <typename T>
void CpuBackwardPass<T>::ReadQueryTile(int64_t batch, const Scratch<T>& scratch,
                                       QueryTile<T>& queries) const {
  const auto read = [&](const at::Tensor& x_BHQD, T* rows) {
    return ReadRows(HeadOf(x_BHQD, batch, queries.head), queries.begin, queries.count,
                    options_.operands, rows);
  };
  queries.queries = read(q_BHQD_, scratch.rows);
  queries.grads = read(grad_out_BHQD_, scratch.grad_rows);
  PackChannelColumns(queries.queries, queries.count, head_dim(), scratch.query_channels);
  PackChannelColumns(queries.grads, queries.count, head_dim(), scratch.grad_channels);
}

// Keys [first, first + kLanes) of the tile: their gradients, and their columns of dS.
template <typename T>
void CpuBackwardPass<T>::AttendPanel(const Block& block, const KeyTile<T>& keys, int64_t first,
                                     const Scratch<T>& scratch, const QueryTile<T>& queries) const {
  const int64_t lanes = std::min(kLanes<T>, keys.count - first);
  const SeenRows seen = FindSeenRows(block.visibility.queries_of_key.data() + keys.begin + first,
                                     lanes, {.first = queries.begin, .count = queries.count});
  const int64_t skipped = seen.count() == 0 ? queries.count : seen.begin - queries.begin;
  constexpr int64_t kStride = Scratch<T>::kGradScoreStride;
  for (int64_t query = 0; query < queries.count; ++query) {
    if (query >= skipped && query < skipped + seen.count()) continue;
    std::fill_n(scratch.grad_scores + query * kStride + first, kLanes<T>, T{0});
  }
  if (seen.count() == 0) return;
  ComputeWeights(block, keys, seen, first, scratch, queries);

  TileProduct<T> product = {.rows = lanes,
                            .depth = seen.count(),
                            .columns = head_dim(),
                            .a = scratch.scores,
                            .a_row_stride = 1,
                            .a_depth_stride = kLanes<T>,
                            .b = scratch.grad_channels + skipped * kLanes<T>,
                            .b_panel_stride = queries.count * kLanes<T>,
                            .add = true};
  product.c_row_stride = block.grad_v_BGKD.stride(2);
  product.c = keys.grad_values + first * product.c_row_stride;
  Multiply(product);

  product.a = scratch.grad_scores + skipped * kStride + first;
  product.a_depth_stride = kStride;
  product.b = scratch.query_channels + skipped * kLanes<T>;
  product.c_row_stride = block.grad_k_BGKD.stride(2);
  product.c = keys.grad_keys + first * product.c_row_stride;
  Multiply(product);
}

template <typename T>
void CpuBackwardPass<T>::ComputeWeights(const Block& block, const KeyTile<T>& keys,
                                        const SeenRows& seen, int64_t first,
                                        const Scratch<T>& scratch,
                                        const QueryTile<T>& queries) const {
  const int64_t skipped = seen.begin - queries.begin, first_key = keys.begin + first;
  TileProduct<T> product = {.rows = seen.count(),
                            .depth = head_dim(),
                            .columns = kLanes<T>,
                            .a = queries.queries.data + skipped * queries.queries.stride,
                            .a_row_stride = queries.queries.stride,
                            .b = scratch.key_tokens + first * head_dim(),
                            .c = scratch.scores,
                            .c_row_stride = kLanes<T>};
  Multiply(product);
  product.a = queries.grads.data + skipped * queries.grads.stride;
  product.a_row_stride = queries.grads.stride;
  product.b = scratch.value_tokens + first * head_dim();
  product.c = scratch.grad_weights;
  Multiply(product);

  const BlockVisibility& visibility = block.visibility;
  if (!seen.whole) {
    HideUnseen(visibility.keys_of_query.data() + seen.begin, seen.count(), first_key,
               visibility.num_prefix_keys, scratch.scores);
  }
  const DropoutPanel dropout = {.probability = options_.dropout.probability,
                                .head_hash = HeadHash(options_.dropout, keys.batch, queries.head),
                                .num_rows = seen.count(),
                                .num_lanes = std::min(kLanes<T>, keys.count - first),
                                .row_positions = visibility.query_positions.data() + seen.begin,
                                .lane_positions = visibility.key_positions.data() + first_key};
  if (dropout.probability > 0) DropWithKeyLanes(dropout, scratch.grad_weights);
  const int64_t state = (keys.batch * num_heads() + queries.head) * num_queries() + seen.begin;
  constexpr int64_t kStride = Scratch<T>::kGradScoreStride;
  ComputeScoreGradients(
      GradientTile<T>{.num_queries = seen.count(),
                      .scale = static_cast<T>(options_.scale),
                      .scale_log2 = static_cast<T>(options_.scale * std::numbers::log2e),
                      .lse_log2 = arrays_.lse_log2 + state,
                      .scaled_delta = arrays_.scaled_delta + state,
                      .score = scratch.scores,
                      .grad_weight = scratch.grad_weights,
                      .grad_score = scratch.grad_scores + skipped * kStride + first,
                      .grad_score_stride = kStride});
  if (dropout.probability > 0) DropWithKeyLanes(dropout, scratch.scores);
}

// dQ += dS K in its turn. `tile` is the whole tile, `seen` those of its queries that take part.
template <typename T>
void CpuBackwardPass<T>::AddGradQ(const KeyTile<T>& keys, const QueryTile<T>& tile,
                                  const QueryTile<T>& seen, const Scratch<T>& scratch) const {
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
                            .a_row_stride = Scratch<T>::kGradScoreStride,
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
  Arrays<T> arrays;
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
