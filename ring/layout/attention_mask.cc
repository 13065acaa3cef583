#include "ring/layout/attention_mask.h"

#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace ring {
namespace {

int64_t Size(const std::vector<int64_t>& positions) {
  return static_cast<int64_t>(positions.size());
}

// Walks over ascending positions: Below(p) is how many of them are below p, for ascending p.
class PositionCursor {
 public:
  explicit PositionCursor(const std::vector<int64_t>& positions) : positions_(positions) {}

  int64_t Below(int64_t position) {
    while (next_ < positions_.size() && positions_[next_] < position) ++next_;
    return static_cast<int64_t>(next_);
  }

 private:
  const std::vector<int64_t>& positions_;
  size_t next_ = 0;
};

int64_t CountBelow(const std::vector<int64_t>& positions, int64_t position) {
  return std::lower_bound(positions.begin(), positions.end(), position) - positions.begin();
}

// Calls `visit(begin, end)` for each query in order: the indices of the keys it sees besides the
// `num_prefix_keys` first.
template <typename Visit>
void ForEachQuery(const std::vector<PositionRange>& ranges,
                  const std::vector<int64_t>& key_positions, int64_t num_prefix_keys,
                  const Visit& visit) {
  PositionCursor first(key_positions), last(key_positions);
  for (const PositionRange& range : ranges) {
    const int64_t begin = std::max(first.Below(range.begin), num_prefix_keys);
    visit(begin, std::max(last.Below(range.end), begin));
  }
}

// The transpose: a key is seen from the first query whose keys end behind it to the last whose keys
// begin no later.
std::vector<IndexRange> QueriesOfKeys(const std::vector<IndexRange>& keys_of_query,
                                      int64_t num_keys, int32_t num_prefix_keys) {
  const int32_t num_queries = static_cast<int32_t>(keys_of_query.size());
  std::vector<IndexRange> queries(static_cast<size_t>(num_keys));
  int32_t begin = 0, end = 0;
  for (int32_t key = 0; key < static_cast<int32_t>(num_keys); ++key) {
    if (key < num_prefix_keys) {
      queries[static_cast<size_t>(key)] = {.begin = 0, .end = num_queries};
      continue;
    }
    while (begin < num_queries && keys_of_query[static_cast<size_t>(begin)].end <= key) ++begin;
    while (end < num_queries && keys_of_query[static_cast<size_t>(end)].begin <= key) ++end;
    queries[static_cast<size_t>(key)] = {.begin = begin, .end = std::max(begin, end)};
  }
  return queries;
}

// The document of a position, counted from its beginning: 0 for the first.
int64_t DocumentOf(const AttentionMask& mask, int64_t position) {
  int64_t document = -1;
  for (const int64_t begin : mask.document_begins) document += begin <= position ? 1 : 0;
  return document;
}

bool Sees(const AttentionMask& mask, int64_t query, int64_t key) {
  if (key < mask.prefix) return true;
  if (mask.causal && key > query) return false;
  if (mask.window > 0 && std::max(query - key, key - query) >= mask.window) return false;
  return DocumentOf(mask, query) == DocumentOf(mask, key);
}

}  // namespace

void Validate(const AttentionMask& mask, int64_t num_tokens) {
  TORCH_CHECK_VALUE(mask.window >= 0, "an attention window must be positive, or 0 for none, not ",
                    mask.window);
  TORCH_CHECK_VALUE(0 <= mask.prefix && mask.prefix <= num_tokens, "a prefix of ", mask.prefix,
                    " tokens does not fit a context of ", num_tokens);
  const std::vector<int64_t>& begins = mask.document_begins;
  if (begins.empty()) return;
  TORCH_CHECK_VALUE(begins[0] == 0, "the first document must begin at token 0, not ", begins[0]);
  for (size_t i = 1; i < begins.size(); ++i) {
    TORCH_CHECK_VALUE(begins[i - 1] < begins[i],
                      "documents must begin in ascending order: ", begins[i], " follows ",
                      begins[i - 1]);
  }
  TORCH_CHECK_VALUE(begins.back() < std::max<int64_t>(num_tokens, 1), "a document begins at token ",
                    begins.back(), ", but the context has ", num_tokens);
}

std::vector<PositionRange> VisiblePositions(const AttentionMask& mask,
                                            const std::vector<int64_t>& query_positions,
                                            int64_t num_tokens) {
  std::vector<PositionRange> ranges;
  ranges.reserve(query_positions.size());
  const int64_t window = mask.window > 0 ? mask.window : num_tokens;
  const std::vector<int64_t>& documents = mask.document_begins;
  size_t next_document = 0;  // first that begins after the query
  for (const int64_t query : query_positions) {
    PositionRange range = {.begin = std::max<int64_t>(query - window + 1, 0),
                           .end = std::min(mask.causal ? query + 1 : query + window, num_tokens)};
    while (next_document < documents.size() && documents[next_document] <= query) ++next_document;
    if (next_document > 0) range.begin = std::max(range.begin, documents[next_document - 1]);
    if (next_document < documents.size()) range.end = std::min(range.end, documents[next_document]);
    ranges.push_back(range);
  }
  return ranges;
}

BlockVisibility Visibility(const AttentionMask& mask, std::vector<int64_t> query_positions,
                           std::vector<int64_t> key_positions, int64_t num_tokens) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  TORCH_CHECK_VALUE(Size(query_positions) <= kMost && Size(key_positions) <= kMost,
                    "a rank can hold at most ", kMost, " tokens: use a larger ring");
  BlockVisibility block;
  block.num_prefix_keys = static_cast<int32_t>(CountBelow(key_positions, mask.prefix));
  block.keys_of_query.reserve(query_positions.size());
  ForEachQuery(VisiblePositions(mask, query_positions, num_tokens), key_positions,
               block.num_prefix_keys, [&](int64_t begin, int64_t end) {
                 block.keys_of_query.push_back(
                     {.begin = static_cast<int32_t>(begin), .end = static_cast<int32_t>(end)});
               });
  block.queries_of_key =
      QueriesOfKeys(block.keys_of_query, Size(key_positions), block.num_prefix_keys);
  block.query_positions = std::move(query_positions);
  block.key_positions = std::move(key_positions);
  return block;
}

int64_t CountVisiblePairs(const AttentionMask& mask, const std::vector<int64_t>& query_positions,
                          const std::vector<int64_t>& key_positions, int64_t num_tokens) {
  const int64_t num_prefix_keys = CountBelow(key_positions, mask.prefix);
  int64_t pairs = Size(query_positions) * num_prefix_keys;
  ForEachQuery(VisiblePositions(mask, query_positions, num_tokens), key_positions, num_prefix_keys,
               [&](int64_t begin, int64_t end) { pairs += end - begin; });
  return pairs;
}

at::Tensor DenseVisibility(const AttentionMask& mask, const std::vector<int64_t>& query_positions,
                           const std::vector<int64_t>& key_positions, int64_t num_tokens) {
  Validate(mask, num_tokens);
  const at::Tensor visible_QK =
      at::zeros({Size(query_positions), Size(key_positions)}, at::TensorOptions().dtype(at::kBool));
  bool* visible = visible_QK.mutable_data_ptr<bool>();
  for (const int64_t query : query_positions) {
    for (const int64_t key : key_positions) *visible++ = Sees(mask, query, key);
  }
  return visible_QK;
}

}  // namespace ring
