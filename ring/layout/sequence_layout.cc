#include "ring/layout/sequence_layout.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <utility>

namespace ring {
namespace {

void Check(int64_t num_tokens, int ring_size, int64_t granule) {
  TORCH_CHECK_VALUE(num_tokens >= 0, "a context cannot have ", num_tokens, " tokens");
  TORCH_CHECK_VALUE(ring_size >= 1, "a ring needs at least one rank, not ", ring_size);
  TORCH_CHECK_VALUE(granule >= 1, "tokens that stay together are at least 1, not ", granule);
}

// Cuts the tokens, between granules only, into runs whose sizes differ by at most one granule,
// longer ones first.
std::vector<TokenRange> Cut(int64_t num_tokens, int64_t num_runs, int64_t granule) {
  const int64_t num_granules = (num_tokens + granule - 1) / granule;
  const int64_t base = num_granules / num_runs, longer = num_granules % num_runs;
  std::vector<TokenRange> runs;
  int64_t begin = 0;
  for (int64_t run = 0; run < num_runs; ++run) {
    const int64_t end = begin + base + (run < longer ? 1 : 0);
    runs.push_back({.begin = std::min(begin * granule, num_tokens),
                    .end = std::min(end * granule, num_tokens)});
    begin = end;
  }
  return runs;
}

int64_t SizeOf(const std::vector<TokenRange>& shard) {
  int64_t size = 0;
  for (const TokenRange& range : shard) size += range.size();
  return size;
}

at::Tensor AsIndex(const std::vector<int64_t>& positions) {
  return at::from_blob(const_cast<int64_t*>(positions.data()),
                       {static_cast<int64_t>(positions.size())}, at::kLong)
      .clone();
}

}  // namespace

int64_t TokenRange::size() const {
  if (end <= begin) return 0;
  const int64_t whole = (end - begin) / stride, rest = (end - begin) % stride;
  return whole * width + std::min(rest, width);
}

LayoutKind ParseLayoutKind(std::string_view name) {
  for (const LayoutKind kind :
       {LayoutKind::kContiguous, LayoutKind::kZigzag, LayoutKind::kStriped}) {
    if (name == Name(kind)) return kind;
  }
  TORCH_CHECK_VALUE(false, "unknown layout '", name, "': contiguous, zigzag or striped");
}

std::string_view Name(LayoutKind kind) {
  switch (kind) {
    case LayoutKind::kContiguous:
      return "contiguous";
    case LayoutKind::kZigzag:
      return "zigzag";
    case LayoutKind::kStriped:
      return "striped";
  }
  TORCH_CHECK(false, "no such layout");
}

SequenceLayout::SequenceLayout(int64_t num_tokens, std::vector<std::vector<TokenRange>> shards)
    : num_tokens_(num_tokens), shards_(std::move(shards)) {}

SequenceLayout SequenceLayout::Make(LayoutKind kind, int64_t num_tokens, int ring_size,
                                    int64_t granule) {
  switch (kind) {
    case LayoutKind::kContiguous:
      return Contiguous(num_tokens, ring_size, granule);
    case LayoutKind::kZigzag:
      return Zigzag(num_tokens, ring_size, granule);
    case LayoutKind::kStriped:
      return Striped(num_tokens, ring_size, granule);
  }
  TORCH_CHECK(false, "no such layout");
}

SequenceLayout SequenceLayout::Contiguous(int64_t num_tokens, int ring_size, int64_t granule) {
  Check(num_tokens, ring_size, granule);
  std::vector<std::vector<TokenRange>> shards;
  for (const TokenRange& run : Cut(num_tokens, ring_size, granule)) shards.push_back({run});
  return {num_tokens, std::move(shards)};
}

// Rank r has the r-th chunk from the front and the r-th from the back, so what it lacks in early
// work it makes up for in late work.
SequenceLayout SequenceLayout::Zigzag(int64_t num_tokens, int ring_size, int64_t granule) {
  Check(num_tokens, ring_size, granule);
  const std::vector<TokenRange> chunks = Cut(num_tokens, 2 * int64_t{ring_size}, granule);
  std::vector<std::vector<TokenRange>> shards;
  for (size_t rank = 0; rank < static_cast<size_t>(ring_size); ++rank) {
    const TokenRange early = chunks[rank], late = chunks[chunks.size() - 1 - rank];
    if (early.end == late.begin) {
      shards.push_back({{.begin = early.begin, .end = late.end}});
    } else {
      shards.push_back({early, late});
    }
  }
  return {num_tokens, std::move(shards)};
}

SequenceLayout SequenceLayout::Striped(int64_t num_tokens, int ring_size, int64_t granule) {
  Check(num_tokens, ring_size, granule);
  std::vector<std::vector<TokenRange>> shards;
  for (int64_t rank = 0; rank < ring_size; ++rank) {
    shards.push_back({{.begin = std::min(rank * granule, num_tokens),
                       .end = num_tokens,
                       .stride = ring_size * granule,
                       .width = granule}});
  }
  return {num_tokens, std::move(shards)};
}

SequenceLayout SequenceLayout::OfShards(int64_t num_tokens,
                                        std::vector<std::vector<TokenRange>> shards) {
  Check(num_tokens, static_cast<int>(shards.size()), /*granule=*/1);
  int64_t held = 0;
  for (const std::vector<TokenRange>& shard : shards) held += SizeOf(shard);
  TORCH_CHECK(held == num_tokens, "shards of ", held, " tokens for a context of ", num_tokens);
  return {num_tokens, std::move(shards)};
}

const std::vector<TokenRange>& SequenceLayout::Shard(int rank) const {
  TORCH_CHECK(0 <= rank && rank < ring_size(), "rank ", rank, " is not in a ring of ", ring_size());
  return shards_[static_cast<size_t>(rank)];
}

int64_t SequenceLayout::ShardSize(int rank) const { return SizeOf(Shard(rank)); }

int64_t SequenceLayout::MaxShardSize() const {
  int64_t most = 0;
  for (int rank = 0; rank < ring_size(); ++rank) most = std::max(most, ShardSize(rank));
  return most;
}

std::vector<int64_t> SequenceLayout::Positions(int rank) const {
  std::vector<int64_t> positions;
  positions.reserve(static_cast<size_t>(ShardSize(rank)));
  for (const TokenRange& range : Shard(rank)) {
    for (int64_t group = range.begin; group < range.end; group += range.stride) {
      for (int64_t token = group; token < std::min(group + range.width, range.end); ++token) {
        positions.push_back(token);
      }
    }
  }
  return positions;
}

at::Tensor TakeShard(const at::Tensor& whole, const SequenceLayout& layout, int rank, int64_t dim) {
  TORCH_CHECK_VALUE(whole.size(dim) == layout.num_tokens(), "a layout of ", layout.num_tokens(),
                    " tokens cannot cut dimension ", dim, " of ", whole.sizes());
  if (layout.ring_size() == 1) return whole;
  return at::index_select(whole, dim, AsIndex(layout.Positions(rank)).to(whole.device()));
}

at::Tensor JoinShards(const std::vector<at::Tensor>& shards, const SequenceLayout& layout,
                      int64_t dim) {
  TORCH_CHECK_VALUE(static_cast<int>(shards.size()) == layout.ring_size(), "a layout of ",
                    layout.ring_size(), " ranks cannot join ", shards.size(), " shards");
  std::vector<int64_t> place(static_cast<size_t>(layout.num_tokens()));  // of each token in the cat
  int64_t next = 0;
  for (int rank = 0; rank < layout.ring_size(); ++rank) {
    TORCH_CHECK_VALUE(shards[static_cast<size_t>(rank)].size(dim) == layout.ShardSize(rank),
                      "rank ", rank, "'s shard has ", shards[static_cast<size_t>(rank)].size(dim),
                      " tokens, the layout gives it ", layout.ShardSize(rank));
    for (const int64_t token : layout.Positions(rank)) place[static_cast<size_t>(token)] = next++;
  }
  if (layout.ring_size() == 1) return shards[0];
  return at::index_select(at::cat(shards, dim), dim, AsIndex(place).to(shards[0].device()));
}

}  // namespace ring
