#include "ring/kernel/cpu_forward.h"

#include "ring/kernel/attention_dropout.h"
#include "ring/kernel/block_checks.h"
#include "ring/kernel/score_tile.h"
#include "ring/kernel/thread_team.h"
#include "ring/kernel/tile_product.h"
#include "ring/kernel/tile_visibility.h"
#include "ring/kernel/token_rows.h"
#include "ring/kernel/workspace.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace ring {
namespace {

// Both fit the second-level cache together with what is computed from them.
constexpr int64_t kQueryTile = 256;
constexpr int64_t kKeyTile = 128;

// What one thread works in.
template <typename T>
struct Scratch {
  T* rows;     // a tile converted to T
  T* queries;  // panels of kLanes queries, D rows each
  T* values;   // of a tile, as their products read them
  T* scores;   // keys x kScoreLanes
  T* out;      // sums of weight * value, a row of PadToLanes(D) per query

  static Scratch Take(Workspace& workspace, int64_t head_dim) {
    return {.rows = workspace.Take<T>(std::max(kQueryTile, kKeyTile) * head_dim),
            .queries = workspace.Take<T>(kQueryTile * head_dim),
            .values = workspace.Take<T>(kKeyTile * PadToLanes<T>(head_dim)),
            .scores = workspace.Take<T>(kKeyTile * kScoreLanes<T>),
            .out = workspace.Take<T>(kQueryTile * PadToLanes<T>(head_dim))};
  }
};

// Keys that some query of a tile sees, ready for its products.
template <typename T>
struct KeyTile {
  int64_t begin = 0;
  int64_t count = 0;
  Rows<T> keys;
  ChannelPanels<T> values;
};

template <typename T>
struct QueryTile {
  int64_t batch = 0;
  int64_t head = 0;
  int64_t begin = 0;
  int64_t count = 0;
  T* out = nullptr;  // its first row
  RunningSoftmax<T> softmax[kQueryTile / kScoreLanes<T>];
};

struct Block {
  const at::Tensor& k_BGKD;
  const at::Tensor& v_BGKD;
  const BlockVisibility& visibility;
};

template <typename T>
class CpuForwardPass final : public ForwardPass {
 public:
  CpuForwardPass(const at::Tensor& q_BHQD, int64_t num_key_heads, int64_t max_keys,
                 const BlockAttentionOptions& options);

  void Attend(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD,
              const BlockVisibility& visibility) override;
  PartialAttention Finish() override;

 private:
  void AttendQueryTile(const Block& block, int64_t piece, const Scratch<T>& scratch) const;
  bool ReadKeyTile(const Block& block, const QueryTile<T>& queries, const Scratch<T>& scratch,
                   KeyTile<T>& keys) const;
  void AttendPanel(const Block& block, const KeyTile<T>& keys, int64_t first,
                   const Scratch<T>& scratch, QueryTile<T>& queries) const;
  void WeighScores(const Block& block, const SeenRows& seen, int64_t first,
                   const Scratch<T>& scratch, QueryTile<T>& queries) const;

  QueryTile<T> FindQueryTile(int64_t piece) const;
  void LoadState(const Scratch<T>& scratch, QueryTile<T>& queries) const;
  void StoreState(const Scratch<T>& scratch, const QueryTile<T>& queries) const;
  void Normalise(const QueryTile<T>& queries) const;

  int64_t batch() const { return q_BHQD_.size(0); }
  int64_t num_heads() const { return q_BHQD_.size(1); }
  int64_t num_queries() const { return q_BHQD_.size(2); }
  int64_t head_dim() const { return q_BHQD_.size(3); }
  int64_t num_tiles() const { return (num_queries() + kQueryTile - 1) / kQueryTile; }
  int64_t num_pieces() const { return batch() * num_heads() * num_tiles(); }
  // Of the arrays with one number per (batch, head, query).
  int64_t StateOffset(const QueryTile<T>& queries) const {
    return (queries.batch * num_heads() + queries.head) * num_queries() + queries.begin;
  }

  const at::Tensor q_BHQD_;
  const int64_t num_key_heads_;
  const int64_t max_keys_;
  const BlockAttentionOptions options_;
  const int num_threads_ = at::get_num_threads();
  at::Tensor out_BQHD_;       // sums of weight * value until Finish()
  at::Tensor reference_BHQ_;  // of the softmax; the lse after Finish()
  c10::DataPtr memory_;
  T* reference_ = nullptr;
  T* sum_ = nullptr;
  std::vector<Scratch<T>> scratch_;  // [thread]
};

template <typename T>
int64_t TakeArrays(const BlockShape& shape, Workspace& workspace, T*& sum,
                   std::vector<Scratch<T>>& scratch) {
  sum = workspace.Take<T>(shape.batch * shape.query_heads * shape.queries);
  for (Scratch<T>& each : scratch) each = Scratch<T>::Take(workspace, shape.head_dim);
  return workspace.bytes();
}

template <typename T>
CpuForwardPass<T>::CpuForwardPass(const at::Tensor& q_BHQD, int64_t num_key_heads, int64_t max_keys,
                                  const BlockAttentionOptions& options)
    : q_BHQD_(q_BHQD),
      num_key_heads_(num_key_heads),
      max_keys_(max_keys),
      options_(options),
      scratch_(static_cast<size_t>(num_threads_)) {
  const at::TensorOptions type = at::dtype(c10::CppTypeToScalarType<T>::value);
  out_BQHD_ = at::empty({batch(), num_queries(), num_heads(), head_dim()}, type);
  reference_BHQ_ = at::empty({batch(), num_heads(), num_queries()}, type);
  reference_ = reference_BHQ_.mutable_data_ptr<T>();
  const BlockShape shape = {.batch = batch(),
                            .query_heads = num_heads(),
                            .queries = num_queries(),
                            .head_dim = head_dim()};
  Workspace count;
  const int64_t bytes = TakeArrays(shape, count, sum_, scratch_);
  memory_ = c10::GetCPUAllocator()->allocate(static_cast<size_t>(bytes));
  Workspace workspace(memory_.get());
  TakeArrays(shape, workspace, sum_, scratch_);
  std::fill_n(reference_, reference_BHQ_.numel(), -std::numeric_limits<T>::infinity());
  std::fill_n(sum_, reference_BHQ_.numel(), T{0});
}

template <typename T>
void CpuForwardPass<T>::Attend(const at::Tensor& k_BGKD, const at::Tensor& v_BGKD,
                               const BlockVisibility& visibility) {
  CheckBlock(k_BGKD, v_BGKD, visibility,
             {.batch = batch(),
              .key_heads = num_key_heads_,
              .queries = num_queries(),
              .max_keys = max_keys_,
              .head_dim = head_dim()});
  if (k_BGKD.size(2) == 0) return;
  const Block block = {k_BGKD, v_BGKD, visibility};
  RunPieces(num_pieces(), num_threads_, [&](int64_t piece, int thread) {
    AttendQueryTile(block, piece, scratch_[static_cast<size_t>(thread)]);
  });
}

// Head by head, so that the keys of one stay in the shared cache; within a head late queries first,
// which under a causal mask are the long ones.
template <typename T>
QueryTile<T> CpuForwardPass<T>::FindQueryTile(int64_t piece) const {
  const int64_t row = piece / num_tiles();
  QueryTile<T> queries;
  queries.batch = row / num_heads();
  queries.head = row % num_heads();
  queries.begin = (num_tiles() - 1 - piece % num_tiles()) * kQueryTile;
  queries.count = std::min(kQueryTile, num_queries() - queries.begin);
  queries.out = out_BQHD_.mutable_data_ptr<T>() + queries.batch * out_BQHD_.stride(0) +
                queries.begin * out_BQHD_.stride(1) + queries.head * out_BQHD_.stride(2);
  return queries;
}

template <typename T>
void CpuForwardPass<T>::AttendQueryTile(const Block& block, int64_t piece,
                                        const Scratch<T>& scratch) const {
  QueryTile<T> queries = FindQueryTile(piece);
  const TokenMatrix q = HeadOf(q_BHQD_, queries.batch, queries.head);
  PackTokenColumns(ReadRows(q, queries.begin, queries.count, options_.operands, scratch.rows),
                   queries.count, head_dim(), scratch.queries);
  LoadState(scratch, queries);
  const int64_t num_keys = block.k_BGKD.size(2);
  KeyTile<T> keys;
  for (int64_t begin = 0; begin < num_keys; begin += kKeyTile) {
    keys.begin = begin;
    keys.count = std::min(kKeyTile, num_keys - begin);
    if (!ReadKeyTile(block, queries, scratch, keys)) continue;
    for (int64_t first = 0; first < queries.count; first += kScoreLanes<T>) {
      AttendPanel(block, keys, first, scratch, queries);
    }
  }
  StoreState(scratch, queries);
}

// Narrows the tile to the keys that some query sees. False if there is none.
template <typename T>
bool CpuForwardPass<T>::ReadKeyTile(const Block& block, const QueryTile<T>& queries,
                                    const Scratch<T>& scratch, KeyTile<T>& keys) const {
  const SeenRows seen = FindSeenRows(
      block.visibility.keys_of_query.data() + queries.begin, queries.count,
      {.first = keys.begin, .count = keys.count, .prefix = block.visibility.num_prefix_keys});
  if (seen.count() == 0) return false;
  keys.begin = seen.begin;
  keys.count = seen.count();
  const int64_t key_head = queries.head / (num_heads() / num_key_heads_);
  const TokenMatrix k = HeadOf(block.k_BGKD, queries.batch, key_head);
  const TokenMatrix v = HeadOf(block.v_BGKD, queries.batch, key_head);
  // Values that are read as they are must outlive the keys' rows.
  T* const rows = FillsPanels<T>(head_dim()) ? scratch.values : scratch.rows;
  keys.values = ReadChannels(ReadRows(v, keys.begin, keys.count, options_.operands, rows),
                             keys.count, head_dim(), scratch.values);
  keys.keys = ReadRows(k, keys.begin, keys.count, options_.operands, scratch.rows);
  return true;
}

template <typename T>
void CpuForwardPass<T>::AttendPanel(const Block& block, const KeyTile<T>& keys, int64_t first,
                                    const Scratch<T>& scratch, QueryTile<T>& queries) const {
  const int64_t lanes = std::min(kScoreLanes<T>, queries.count - first);
  const SeenRows seen = FindSeenRows(
      block.visibility.keys_of_query.data() + queries.begin + first, lanes,
      {.first = keys.begin, .count = keys.count, .prefix = block.visibility.num_prefix_keys});
  if (seen.count() == 0) return;
  const int64_t skipped = seen.begin - keys.begin;
  Multiply(TileProduct<T>{.rows = seen.count(),
                          .depth = head_dim(),
                          .columns = kScoreLanes<T>,
                          .a = keys.keys.data + skipped * keys.keys.stride,
                          .a_row_stride = keys.keys.stride,
                          .b = scratch.queries + first * head_dim(),
                          .b_panel_stride = head_dim() * kLanes<T>,
                          .c = scratch.scores,
                          .c_row_stride = kScoreLanes<T>});
  WeighScores(block, seen, first, scratch, queries);
  const int64_t out_stride = PadToLanes<T>(head_dim());
  Multiply(TileProduct<T>{.rows = lanes,
                          .depth = seen.count(),
                          .columns = out_stride,
                          .a = scratch.scores,
                          .a_row_stride = 1,
                          .a_depth_stride = kScoreLanes<T>,
                          .b = keys.values.data + skipped * keys.values.row_stride,
                          .b_panel_stride = keys.values.panel_stride,
                          .b_row_stride = keys.values.row_stride,
                          .c = scratch.out + first * out_stride,
                          .c_row_stride = out_stride,
                          .add = true});
}

// Turns the scores of a panel into weights and rescales what its queries have summed so far.
template <typename T>
void CpuForwardPass<T>::WeighScores(const Block& block, const SeenRows& seen, int64_t first,
                                    const Scratch<T>& scratch, QueryTile<T>& queries) const {
  const BlockVisibility& visibility = block.visibility;
  const int64_t first_query = queries.begin + first;
  const int64_t lanes = std::min(kScoreLanes<T>, queries.count - first);
  if (!seen.whole) {
    HideUnseen(visibility.queries_of_key.data() + seen.begin, seen.count(), first_query,
               /*prefix=*/0, scratch.scores);
  }
  alignas(kPanelBytes) T rescale[kScoreLanes<T>];
  const T scale_log2 = static_cast<T>(options_.scale * std::numbers::log2e);
  const bool is_rescaled = AdvanceSoftmax(seen.count(), scale_log2, scratch.scores,
                                          queries.softmax[first / kScoreLanes<T>], rescale);
  const int64_t out_stride = PadToLanes<T>(head_dim());
  for (int64_t lane = 0; is_rescaled && lane < lanes; ++lane) {
    if (rescale[lane] == T{1}) continue;
    RescaleRow(rescale[lane], out_stride, scratch.out + (first + lane) * out_stride);
  }
  if (options_.dropout.probability == 0) return;
  DropWithQueryLanes({.probability = options_.dropout.probability,
                      .head_hash = HeadHash(options_.dropout, queries.batch, queries.head),
                      .num_rows = seen.count(),
                      .num_lanes = lanes,
                      .row_positions = visibility.key_positions.data() + seen.begin,
                      .lane_positions = visibility.query_positions.data() + first_query},
                     scratch.scores);
}

// The sums of a query that has seen nothing are not read: its first weight clears them.
template <typename T>
void CpuForwardPass<T>::LoadState(const Scratch<T>& scratch, QueryTile<T>& queries) const {
  const int64_t offset = StateOffset(queries);
  for (int64_t i = 0; i < kQueryTile; ++i) {
    const bool inside = i < queries.count;
    RunningSoftmax<T>& softmax = queries.softmax[i / kScoreLanes<T>];
    const int64_t lane = i % kScoreLanes<T>;
    softmax.reference[lane] = inside ? reference_[offset + i] : -std::numeric_limits<T>::infinity();
    softmax.sum[lane] = inside ? sum_[offset + i] : T{0};
    if (!inside || sum_[offset + i] == T{0}) continue;
    std::copy_n(queries.out + i * out_BQHD_.stride(1), head_dim(),
                scratch.out + i * PadToLanes<T>(head_dim()));
  }
}

template <typename T>
void CpuForwardPass<T>::StoreState(const Scratch<T>& scratch, const QueryTile<T>& queries) const {
  const int64_t offset = StateOffset(queries);
  for (int64_t i = 0; i < queries.count; ++i) {
    reference_[offset + i] = queries.softmax[i / kScoreLanes<T>].reference[i % kScoreLanes<T>];
    sum_[offset + i] = queries.softmax[i / kScoreLanes<T>].sum[i % kScoreLanes<T>];
    if (sum_[offset + i] == T{0}) continue;
    std::copy_n(scratch.out + i * PadToLanes<T>(head_dim()), head_dim(),
                queries.out + i * out_BQHD_.stride(1));
  }
}

template <typename T>
void CpuForwardPass<T>::Normalise(const QueryTile<T>& queries) const {
  const int64_t offset = StateOffset(queries);
  for (int64_t i = 0; i < queries.count; ++i) {
    const T sum = sum_[offset + i];
    RescaleRow(sum == T{0} ? T{0} : T{1} / sum, head_dim(), queries.out + i * out_BQHD_.stride(1));
    const double exponent =
        static_cast<double>(reference_[offset + i]) + std::log2(static_cast<double>(sum));
    reference_[offset + i] = static_cast<T>(exponent * std::numbers::ln2);  // log2(0) is -infinity
  }
}

template <typename T>
PartialAttention CpuForwardPass<T>::Finish() {
  RunPieces(num_pieces(), num_threads_,
            [&](int64_t piece, int /*thread*/) { Normalise(FindQueryTile(piece)); });
  memory_.clear();
  return {.out_BHQD = out_BQHD_.transpose(1, 2), .lse_BHQ = reference_BHQ_};
}

template <typename T>
int64_t CountBytes(const BlockShape& shape) {
  Workspace count;
  T* sum = nullptr;
  std::vector<Scratch<T>> scratch(static_cast<size_t>(at::get_num_threads()));
  return TakeArrays(shape, count, sum, scratch);
}

}  // namespace

std::unique_ptr<ForwardPass> MakeCpuForwardPass(const at::Tensor& q_BHQD, int64_t num_key_heads,
                                                int64_t max_keys,
                                                const BlockAttentionOptions& options) {
  if (options.operands == at::kDouble) {
    return std::make_unique<CpuForwardPass<double>>(q_BHQD, num_key_heads, max_keys, options);
  }
  return std::make_unique<CpuForwardPass<float>>(q_BHQD, num_key_heads, max_keys, options);
}

int64_t CpuForwardPassBytes(const BlockShape& shape, at::ScalarType operands) {
  return operands == at::kDouble ? CountBytes<double>(shape) : CountBytes<float>(shape);
}

}  // namespace ring
