#include "ring/attention/attention_plan.h"

#include "ring/layout/attention_mask.h"

#include <c10/util/Exception.h>

#include <cmath>
#include <numeric>
#include <sstream>
#include <utility>

namespace ring {
namespace {

bool IsSupported(at::ScalarType type) {
  return type == at::kFloat || type == at::kDouble || type == at::kBFloat16;
}

// The type with fewer bits: what the other one holds of it is exact.
at::ScalarType Narrower(at::ScalarType a, at::ScalarType b) {
  return c10::elementSize(a) <= c10::elementSize(b) ? a : b;
}

void CheckTensors(const at::Tensor& q_BHQD, const at::Tensor& k_BGKD, const at::Tensor& v_BGKD) {
  TORCH_CHECK_VALUE(q_BHQD.dim() == 4 && k_BGKD.dim() == 4 && v_BGKD.dim() == 4,
                    "attention takes tensors (batch, heads, tokens, head_dim), got ",
                    q_BHQD.sizes(), ", ", k_BGKD.sizes(), " and ", v_BGKD.sizes());
  TORCH_CHECK_VALUE(k_BGKD.sizes() == v_BGKD.sizes(), "keys ", k_BGKD.sizes(), " and values ",
                    v_BGKD.sizes(), " must have one shape");
  TORCH_CHECK_VALUE(q_BHQD.size(0) == k_BGKD.size(0) && q_BHQD.size(3) == k_BGKD.size(3),
                    "queries ", q_BHQD.sizes(), " and keys ", k_BGKD.sizes(),
                    " must agree in batch and head_dim");
  TORCH_CHECK_VALUE(k_BGKD.size(1) > 0 && q_BHQD.size(1) % k_BGKD.size(1) == 0,
                    "the number of query heads (", q_BHQD.size(1),
                    ") must be a multiple of that of key heads (", k_BGKD.size(1), ")");
  TORCH_CHECK_VALUE(q_BHQD.scalar_type() == k_BGKD.scalar_type() &&
                        q_BHQD.scalar_type() == v_BGKD.scalar_type() &&
                        IsSupported(q_BHQD.scalar_type()),
                    "queries, keys and values must share one of the types float32, float64 and ",
                    "bfloat16, got ", q_BHQD.scalar_type(), ", ", k_BGKD.scalar_type(), " and ",
                    v_BGKD.scalar_type());
}

// Where the queries lie: as the caller says, or as the keys do, or last on a ring of one.
SequenceLayout QueryLayout(const AttentionOptions& options, const SequenceLayout& keys,
                           int64_t num_queries, int64_t num_keys) {
  if (options.query_layout) return *options.query_layout;
  if (num_queries == num_keys) return keys;
  TORCH_CHECK_VALUE(keys.ring_size() == 1, num_queries, " queries of ", num_keys,
                    " keys on a ring of ", keys.ring_size(), " need options.query_layout");
  return SequenceLayout::Contiguous(num_queries, /*ring_size=*/1);
}

void CheckLayout(const SequenceLayout& layout, const Ring& ring, int64_t tokens,
                 std::string_view what) {
  TORCH_CHECK_VALUE(layout.ring_size() == ring.size(), "a layout of ", what, " for ",
                    layout.ring_size(), " ranks cannot serve a ring of ", ring.size());
  TORCH_CHECK_VALUE(layout.ShardSize(ring.rank()) == tokens, "the layout gives rank ", ring.rank(),
                    " ", layout.ShardSize(ring.rank()), " ", what, ", but it holds ", tokens);
}

void CheckPlan(const AttentionPlan& plan) {
  TORCH_CHECK_VALUE(plan.queries.num_tokens() <= plan.keys.num_tokens(),
                    "queries are the last of the keys' tokens, so there cannot be ",
                    plan.queries.num_tokens(), " queries over ", plan.keys.num_tokens(), " keys");
  Validate(plan.mask, plan.keys.num_tokens());
  TORCH_CHECK_VALUE(IsSupported(plan.kernel.operands), "operands must be float32, float64 or ",
                    "bfloat16, got ", plan.kernel.operands);
  const double dropout = plan.kernel.dropout.probability;
  TORCH_CHECK_VALUE(dropout >= 0.0 && dropout < 1.0, "dropout must be in [0, 1), got ", dropout);
  TORCH_CHECK_VALUE(plan.method != RingMethod::kHeads || plan.key_heads % plan.ring_size() == 0,
                    "method heads needs a number of key heads that is a multiple of the ring's ",
                    "size, got ", plan.key_heads, " heads for a ring of ", plan.ring_size(),
                    "; use method ring");
}

// FNV-1a over numbers: what a list is worth in a line of text.
class Fingerprint {
 public:
  void Add(int64_t value) {
    for (int byte = 0; byte < 8; ++byte) {
      hash_ = (hash_ ^ static_cast<uint8_t>(value >> (8 * byte))) * 1099511628211ULL;
    }
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 14695981039346656037ULL;
};

uint64_t FingerprintOf(const SequenceLayout& layout) {
  Fingerprint fingerprint;
  for (int rank = 0; rank < layout.ring_size(); ++rank) {
    fingerprint.Add(-1);  // a new shard
    for (const TokenRange& range : layout.Shard(rank)) {
      for (const int64_t value : {range.begin, range.end, range.stride, range.width}) {
        fingerprint.Add(value);
      }
    }
  }
  return fingerprint.value();
}

// "4096 tokens in shards 1024 1024 1024 1024 (layout 1f2e..)"
void Print(std::ostream& out, const SequenceLayout& layout) {
  constexpr int kMaxShown = 8;
  out << layout.num_tokens() << " tokens in " << layout.ring_size() << " shards of";
  for (int rank = 0; rank < layout.ring_size() && rank < kMaxShown; ++rank) {
    out << " " << layout.ShardSize(rank);
  }
  if (layout.ring_size() > kMaxShown) out << " ..";
  out << " (layout " << std::hex << FingerprintOf(layout) << std::dec << ")";
}

void Print(std::ostream& out, const AttentionMask& mask) {
  out << (mask.causal ? "causal" : "full") << " mask";
  if (mask.window > 0) out << ", window " << mask.window;
  if (mask.prefix > 0) out << ", prefix " << mask.prefix;
  if (!mask.document_begins.empty()) {
    Fingerprint fingerprint;
    for (const int64_t begin : mask.document_begins) fingerprint.Add(begin);
    out << ", " << mask.document_begins.size() << " documents (" << std::hex << fingerprint.value()
        << std::dec << ")";
  }
}

}  // namespace

std::string_view Name(RingMethod method) {
  switch (method) {
    case RingMethod::kAllGather:
      return "all-gather";
    case RingMethod::kHeads:
      return "heads";
    default:
      return "ring";
  }
}

RingMethod ParseRingMethod(std::string_view name) {
  for (const RingMethod method : {RingMethod::kRing, RingMethod::kAllGather, RingMethod::kHeads}) {
    if (name == Name(method)) return method;
  }
  TORCH_CHECK_VALUE(false, "a ring method is ring, all-gather or heads, got \"", name, "\"");
}

std::vector<int64_t> AttentionPlan::QueryPositions(int of_rank) const {
  std::vector<int64_t> positions = queries.Positions(of_rank);
  const int64_t first = keys.num_tokens() - queries.num_tokens();
  for (int64_t& position : positions) position += first;
  return positions;
}

BlockVisibility AttentionPlan::Visible(std::vector<int64_t> query_positions,
                                       std::vector<int64_t> key_positions) const {
  return Visibility(mask, std::move(query_positions), std::move(key_positions), keys.num_tokens());
}

AttentionPlan MakeAttentionPlan(const at::Tensor& q_BHQD, const at::Tensor& k_BGKD,
                                const at::Tensor& v_BGKD, const AttentionOptions& options,
                                const SequenceLayout& layout, const Ring& ring) {
  CheckTensors(q_BHQD, k_BGKD, v_BGKD);
  const int64_t num_queries = q_BHQD.size(2), num_keys = k_BGKD.size(2);
  SequenceLayout queries = QueryLayout(options, layout, num_queries, num_keys);
  CheckLayout(queries, ring, num_queries, "queries");
  CheckLayout(layout, ring, num_keys, "keys");
  const at::ScalarType operands = options.operands.value_or(q_BHQD.scalar_type());
  AttentionPlan plan = {
      .rank = ring.rank(),
      .method = options.method,
      .mask = options.mask,
      .queries = std::move(queries),
      .keys = layout,
      .batch = q_BHQD.size(0),
      .query_heads = q_BHQD.size(1),
      .key_heads = k_BGKD.size(1),
      .head_dim = q_BHQD.size(3),
      .kernel = {.scale = 1.0 / std::sqrt(static_cast<double>(q_BHQD.size(3))),
                 .operands = operands,
                 .dropout = options.dropout},
      .wire = Narrower(k_BGKD.scalar_type(), operands),
      .exact = operands == at::kDouble ? at::kDouble : at::kFloat,
      .layer = options.layer,
  };
  CheckPlan(plan);
  return plan;
}

std::string Describe(const AttentionPlan& plan) {
  std::ostringstream out;
  out << "batch " << plan.batch << ", " << plan.query_heads << " query and " << plan.key_heads
      << " key heads of width " << plan.head_dim << ", products of " << plan.kernel.operands
      << " sent as " << plan.wire << ", method " << Name(plan.method) << ", ";
  Print(out, plan.mask);
  out << ", keys ";
  Print(out, plan.keys);
  if (!(plan.queries == plan.keys)) {
    out << ", queries ";
    Print(out, plan.queries);
  }
  out << ", dropout " << plan.kernel.dropout.probability;
  return out.str();
}

}  // namespace ring
