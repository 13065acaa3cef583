#include "ring/layout/ring_schedule.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <utility>

namespace ring {
namespace {

// Positions that some query sees: ranges that neither touch nor overlap, in order. Few, for most
// layouts and masks, however many queries there are.
using SeenPositions = std::vector<PositionRange>;

void Add(PositionRange range, SeenPositions& seen) {
  if (range.end <= range.begin) return;
  if (!seen.empty() && range.begin <= seen.back().end) {
    seen.back().end = std::max(seen.back().end, range.end);
  } else {
    seen.push_back(range);
  }
}

// Whether some token of `tokens` lies in `seen`.
bool Touches(const TokenRange& tokens, const PositionRange& seen) {
  if (seen.end <= tokens.begin) return false;
  // The group that holds the first position looked for, or follows it.
  const int64_t from = std::max(seen.begin, tokens.begin);
  const int64_t offset = (from - tokens.begin) % tokens.stride;
  const int64_t first = offset < tokens.width ? from : from - offset + tokens.stride;
  return first < std::min(seen.end, tokens.end);
}

bool Touches(const std::vector<TokenRange>& shard, const SeenPositions& seen) {
  for (const TokenRange& tokens : shard) {
    for (const PositionRange& range : seen) {
      if (Touches(tokens, range)) return true;
    }
  }
  return false;
}

// What a rank's queries see of the whole context, and how many pairs that makes.
struct RankView {
  SeenPositions seen;
  int64_t pairs = 0;
};

RankView ViewOf(const AttentionMask& mask, std::vector<int64_t> query_positions,
                int64_t num_tokens) {
  RankView view;
  if (query_positions.empty()) return view;
  Add({.begin = 0, .end = mask.prefix}, view.seen);
  for (const PositionRange& range : VisiblePositions(mask, query_positions, num_tokens)) {
    const PositionRange rest = {.begin = std::max(range.begin, mask.prefix), .end = range.end};
    view.pairs += mask.prefix + std::max<int64_t>(rest.end - rest.begin, 0);
    Add(rest, view.seen);
  }
  return view;
}

}  // namespace

RingSchedule::RingSchedule(const AttentionMask& mask, const SequenceLayout& queries,
                           const SequenceLayout& keys)
    : ring_size_(keys.ring_size()) {
  TORCH_CHECK_VALUE(queries.ring_size() == ring_size_, "queries laid out for ", queries.ring_size(),
                    " ranks cannot meet keys laid out for ", ring_size_);
  TORCH_CHECK_VALUE(queries.num_tokens() <= keys.num_tokens(), "the queries are the last of the ",
                    "keys' tokens, so there cannot be ", queries.num_tokens(), " over ",
                    keys.num_tokens());
  Validate(mask, keys.num_tokens());

  const size_t size = static_cast<size_t>(ring_size_);
  std::vector<std::vector<bool>> computes(size, std::vector<bool>(size));  // [owner][round]
  reach_.assign(size, 0);
  pairs_.assign(size, 0);
  for (int rank = 0; rank < ring_size_; ++rank) {
    std::vector<int64_t> positions = queries.Positions(rank);
    for (int64_t& position : positions) position += keys.num_tokens() - queries.num_tokens();
    const RankView view = ViewOf(mask, std::move(positions), keys.num_tokens());
    pairs_[static_cast<size_t>(rank)] = view.pairs;
    for (int owner = 0; owner < ring_size_; ++owner) {
      const int round = (rank - owner + ring_size_) % ring_size_;
      if (!Touches(keys.Shard(owner), view.seen)) continue;
      computes[static_cast<size_t>(owner)][static_cast<size_t>(round)] = true;
      int& reach = reach_[static_cast<size_t>(owner)];
      reach = std::max(reach, round);
    }
  }
  PlanRounds(computes);
}

void RingSchedule::PlanRounds(const std::vector<std::vector<bool>>& computes) {
  rounds_.resize(static_cast<size_t>(ring_size_));
  for (int owner = 0; owner < ring_size_; ++owner) {
    bool gradient_comes = false;
    for (int round = 1; round <= Reach(owner); ++round) {
      const bool sees = computes[static_cast<size_t>(owner)][static_cast<size_t>(round)];
      const int rank = (owner + round) % ring_size_;
      rounds_[static_cast<size_t>(rank)].push_back({.round = round,
                                                    .owner = owner,
                                                    .computes = sees,
                                                    .travels_on = round < Reach(owner),
                                                    .gradient_comes = gradient_comes});
      gradient_comes = gradient_comes || sees;
    }
  }
  const auto earlier = [](const RingRound& a, const RingRound& b) { return a.round < b.round; };
  for (std::vector<RingRound>& rounds : rounds_) std::sort(rounds.begin(), rounds.end(), earlier);
}

const std::vector<RingRound>& RingSchedule::Rounds(int rank) const {
  TORCH_CHECK(0 <= rank && rank < ring_size_, "rank ", rank, " is not in a ring of ", ring_size_);
  return rounds_[static_cast<size_t>(rank)];
}

}  // namespace ring
