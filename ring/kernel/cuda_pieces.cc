#include "ring/kernel/cuda_pieces.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace ring {
namespace {

// Shorter runs are not worth a kernel of their own.
constexpr int32_t kShortestRun = 32;
constexpr int64_t kBiasAlignment = 16;  // elements; what the fused kernels ask of a bias's rows

bool IsEmpty(const IndexRange& range) { return range.end <= range.begin; }
int32_t Length(const IndexRange& range) { return range.end - range.begin; }

class Cutter {
 public:
  explicit Cutter(const BlockVisibility& visibility)
      : ranges_(visibility.keys_of_query), num_queries_(static_cast<int32_t>(ranges_.size())) {
    Add({0, num_queries_}, {0, visibility.num_prefix_keys}, PieceKind::kFull);
  }

  std::vector<AttentionPiece> Cut() {
    int32_t short_begin = 0;  // queries [short_begin, query) are in short runs
    for (int32_t query = 0; query < num_queries_;) {
      const int32_t equal = EqualRun(query);
      const int32_t stairs = StairRun(query);
      if (std::max(equal, stairs) < kShortestRun) {
        ++query;
        if (query - short_begin == kMaskedQueries) {
          AddMixed({short_begin, query});
          short_begin = query;
        }
        continue;
      }
      AddMixed({short_begin, query});
      if (stairs > equal) {
        AddStairs({query, query + stairs});
      } else {
        Add({query, query + equal}, ranges_[Index(query)], PieceKind::kFull);
      }
      query += std::max(equal, stairs);
      short_begin = query;
    }
    AddMixed({short_begin, num_queries_});
    return std::move(pieces_);
  }

 private:
  static size_t Index(int32_t query) { return static_cast<size_t>(query); }

  void Add(IndexRange queries, IndexRange keys, PieceKind kind) {
    if (!IsEmpty(queries) && !IsEmpty(keys)) pieces_.push_back({queries, keys, kind});
  }

  // How many queries from `first` on see the same keys.
  int32_t EqualRun(int32_t first) const {
    const IndexRange& range = ranges_[Index(first)];
    const auto differs = [&](const IndexRange& other) {
      return other != range && !(IsEmpty(other) && IsEmpty(range));
    };
    const auto begin = ranges_.begin() + first;
    return static_cast<int32_t>(std::find_if(begin, ranges_.end(), differs) - begin);
  }

  // How many queries from `first` on see one key more, at the end, than the one before.
  int32_t StairRun(int32_t first) const {
    const IndexRange& range = ranges_[Index(first)];
    if (IsEmpty(range)) return 0;
    int32_t length = 1;
    while (first + length < num_queries_ &&
           ranges_[Index(first + length)] == IndexRange{range.begin, range.end + length}) {
      ++length;
    }
    return length;
  }

  // The first query sees all keys of the rectangle and the first of the square.
  void AddStairs(IndexRange queries) {
    const IndexRange& range = ranges_[Index(queries.begin)];
    const int32_t corner = range.end - 1;
    Add(queries, {range.begin, corner}, PieceKind::kFull);
    Add(queries, {corner, corner + Length(queries)}, PieceKind::kCausal);
  }

  // What all queries see is a rectangle; a bias covers what sticks out on either side.
  void AddMixed(IndexRange queries) {
    IndexRange seen_by_any{std::numeric_limits<int32_t>::max(), 0};
    IndexRange seen_by_all{0, std::numeric_limits<int32_t>::max()};
    for (int32_t query = queries.begin; query < queries.end; ++query) {
      const IndexRange& range = ranges_[Index(query)];
      if (IsEmpty(range)) {
        seen_by_all.end = 0;
        continue;
      }
      seen_by_any = {std::min(seen_by_any.begin, range.begin),
                     std::max(seen_by_any.end, range.end)};
      seen_by_all = {std::max(seen_by_all.begin, range.begin),
                     std::min(seen_by_all.end, range.end)};
    }
    if (IsEmpty(seen_by_any)) return;
    if (IsEmpty(seen_by_all)) {
      Add(queries, seen_by_any, PieceKind::kMasked);
      return;
    }
    Add(queries, {seen_by_any.begin, seen_by_all.begin}, PieceKind::kMasked);
    Add(queries, seen_by_all, PieceKind::kFull);
    Add(queries, {seen_by_all.end, seen_by_any.end}, PieceKind::kMasked);
  }

  const std::vector<IndexRange>& ranges_;
  const int32_t num_queries_;
  std::vector<AttentionPiece> pieces_;
};

}  // namespace

std::vector<AttentionPiece> CutIntoPieces(const BlockVisibility& visibility) {
  return Cutter(visibility).Cut();
}

PieceMask MaskOf(const AttentionPiece& piece, const BlockVisibility& visibility,
                 const at::TensorOptions& options) {
  std::vector<int64_t> begins;
  std::vector<int64_t> ends;
  for (int32_t query = piece.queries.begin; query < piece.queries.end; ++query) {
    const IndexRange& range = visibility.keys_of_query[static_cast<size_t>(query)];
    begins.push_back(std::max(range.begin, piece.keys.begin) - piece.keys.begin);
    ends.push_back(std::min(range.end, piece.keys.end) - piece.keys.begin);
  }
  const at::TensorOptions indices = options.dtype(at::kLong);
  const at::Tensor begin_Q1 = at::tensor(begins, indices).unsqueeze(1);
  const at::Tensor end_Q1 = at::tensor(ends, indices).unsqueeze(1);
  const int64_t num_keys = Length(piece.keys);
  const at::Tensor key_K = at::arange(num_keys, indices);
  const at::Tensor hidden_QK = (key_K < begin_Q1).logical_or(key_K >= end_Q1);

  const int64_t row = (num_keys + kBiasAlignment - 1) / kBiasAlignment * kBiasAlignment;
  const at::Tensor bias_QK =
      at::full({Length(piece.queries), row}, 0, options).narrow(1, 0, num_keys);
  bias_QK.masked_fill_(hidden_QK, -std::numeric_limits<double>::infinity());
  return {bias_QK, (begin_Q1 < end_Q1).squeeze(1)};
}

}  // namespace ring
