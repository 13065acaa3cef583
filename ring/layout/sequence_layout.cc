#include "ring/layout/sequence_layout.h"

#include <c10/util/Exception.h>

#include <utility>

namespace ring {

SequenceLayout::SequenceLayout(int64_t num_tokens, std::vector<std::vector<TokenRange>> shards)
    : num_tokens_(num_tokens), shards_(std::move(shards)) {}

SequenceLayout SequenceLayout::Contiguous(int64_t num_tokens, int ring_size) {
  TORCH_CHECK_VALUE(num_tokens >= 0, "a context cannot have ", num_tokens, " tokens");
  TORCH_CHECK_VALUE(ring_size >= 1, "a ring needs at least one rank, not ", ring_size);
  const int64_t base = num_tokens / ring_size;
  const int64_t longer = num_tokens % ring_size;  // the first `longer` ranks take one token more
  std::vector<std::vector<TokenRange>> shards;
  int64_t begin = 0;
  for (int64_t rank = 0; rank < ring_size; ++rank) {
    const int64_t end = begin + base + (rank < longer ? 1 : 0);
    shards.push_back({{.begin = begin, .end = end}});
    begin = end;
  }
  return {num_tokens, std::move(shards)};
}

const std::vector<TokenRange>& SequenceLayout::Shard(int rank) const {
  TORCH_CHECK(0 <= rank && rank < ring_size(), "rank ", rank, " is not in a ring of ", ring_size());
  return shards_[static_cast<size_t>(rank)];
}

int64_t SequenceLayout::ShardSize(int rank) const {
  int64_t size = 0;
  for (const TokenRange& range : Shard(rank)) size += range.size();
  return size;
}

}  // namespace ring
