#include "ring/layout/growing_layout.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace ring {
namespace {

using Shards = std::vector<std::vector<TokenRange>>;

// Tokens come in ascending order; those at even distances share a range, so that round after round
// of single tokens costs no memory.
void Add(int64_t token, std::vector<TokenRange>& shard) {
  if (!shard.empty() && shard.back().width == 1) {
    TokenRange& range = shard.back();
    const int64_t size = range.size(), last = range.begin + (size - 1) * range.stride;
    if (size == 1) range.stride = token - last;
    if (token == last + range.stride) {
      range.end = token + 1;
      return;
    }
  }
  shard.push_back({.begin = token, .end = token + 1});
}

std::vector<int64_t> Sizes(const SequenceLayout& layout) {
  std::vector<int64_t> sizes;
  for (int rank = 0; rank < layout.ring_size(); ++rank) sizes.push_back(layout.ShardSize(rank));
  return sizes;
}

// Ranks in the order of what they hold, those with most first; equals by number.
std::vector<int> MostFirst(const std::vector<int64_t>& sizes) {
  std::vector<int> ranks(sizes.size());
  std::iota(ranks.begin(), ranks.end(), 0);
  std::stable_sort(ranks.begin(), ranks.end(), [&](int a, int b) {
    return sizes[static_cast<size_t>(a)] > sizes[static_cast<size_t>(b)];
  });
  return ranks;
}

Shards ShardsOf(const SequenceLayout& layout) {
  Shards shards;
  for (int rank = 0; rank < layout.ring_size(); ++rank) shards.push_back(layout.Shard(rank));
  return shards;
}

}  // namespace

GrowingLayout::GrowingLayout(int ring_size)
    : layout_(SequenceLayout::OfShards(0, Shards(static_cast<size_t>(std::max(ring_size, 0))))) {}

SequenceLayout GrowingLayout::NextPrompt(LayoutKind kind, int64_t num_tokens,
                                         int64_t granule) const {
  const SequenceLayout plain = SequenceLayout::Make(kind, num_tokens, layout_.ring_size(), granule);
  const std::vector<int> longest = MostFirst(Sizes(plain)), fullest = MostFirst(Sizes(layout_));
  Shards shards(longest.size());
  for (size_t i = 0; i < longest.size(); ++i) {
    const int emptiest = fullest[longest.size() - 1 - i];
    shards[static_cast<size_t>(emptiest)] = plain.Shard(longest[i]);
  }
  return SequenceLayout::OfShards(num_tokens, std::move(shards));
}

SequenceLayout GrowingLayout::NextTokens(int64_t num_tokens) const {
  std::vector<int64_t> sizes = Sizes(layout_);
  Shards shards(sizes.size());
  for (int64_t token = 0; token < num_tokens; ++token) {
    const auto emptiest = std::min_element(sizes.begin(), sizes.end());
    *emptiest += 1;
    Add(token, shards[static_cast<size_t>(emptiest - sizes.begin())]);
  }
  return SequenceLayout::OfShards(num_tokens, std::move(shards));
}

SequenceLayout GrowingLayout::With(const SequenceLayout& next) const {
  TORCH_CHECK_VALUE(next.ring_size() == layout_.ring_size(), "a context on ", layout_.ring_size(),
                    " ranks cannot go on with tokens laid out for ", next.ring_size());
  Shards shards = ShardsOf(layout_);
  for (int rank = 0; rank < next.ring_size(); ++rank) {
    for (const int64_t token : next.Positions(rank)) {
      Add(num_tokens() + token, shards[static_cast<size_t>(rank)]);
    }
  }
  return SequenceLayout::OfShards(num_tokens() + next.num_tokens(), std::move(shards));
}

void GrowingLayout::Truncate(int64_t num_tokens) {
  TORCH_CHECK(0 <= num_tokens && num_tokens <= this->num_tokens(), "cannot truncate a context of ",
              this->num_tokens(), " tokens to ", num_tokens);
  Shards shards = ShardsOf(layout_);
  for (std::vector<TokenRange>& shard : shards) {
    while (!shard.empty() && shard.back().begin >= num_tokens) shard.pop_back();
    if (!shard.empty()) shard.back().end = std::min(shard.back().end, num_tokens);
  }
  layout_ = SequenceLayout::OfShards(num_tokens, std::move(shards));
}

}  // namespace ring
