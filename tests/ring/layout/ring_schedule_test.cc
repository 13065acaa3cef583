#include "ring/layout/ring_schedule.h"

#include "tests/ring/layout_cases.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <chrono>
#include <numeric>
#include <set>

namespace ring {
namespace {

RingSchedule ScheduleOf(const LayoutCase& ring) { return {ring.mask, ring.queries, ring.keys}; }

int Size(const RingSchedule& schedule) { return schedule.ring_size(); }

// Owners whose blocks `rank` computes with, its own first.
std::vector<int> OwnersComputed(const RingSchedule& schedule, int rank) {
  std::vector<int> owners = {rank};
  for (const RingRound& round : schedule.Rounds(rank)) {
    if (round.computes) owners.push_back(round.owner);
  }
  return owners;
}

int64_t NumHops(const RingSchedule& schedule) {
  int64_t hops = 0;
  for (int rank = 0; rank < Size(schedule); ++rank) hops += schedule.Reach(rank);
  return hops;
}

// How often each (query, key) of the whole context is computed, over all ranks and rounds.
at::Tensor TimesComputed(const LayoutCase& ring, const RingSchedule& schedule) {
  const at::Tensor times_QK =
      at::zeros({ring.queries.num_tokens(), ring.keys.num_tokens()}, at::kLong);
  auto times = times_QK.accessor<int64_t, 2>();
  const int64_t first_query = ring.keys.num_tokens() - ring.queries.num_tokens();
  for (int rank = 0; rank < Size(schedule); ++rank) {
    const std::vector<int64_t> queries = ring.QueryPositions(rank);
    for (const int owner : OwnersComputed(schedule, rank)) {
      const std::vector<int64_t> keys = ring.KeyPositions(owner);
      const BlockVisibility block = Visibility(ring.mask, queries, keys, ring.keys.num_tokens());
      for (size_t q = 0; q < queries.size(); ++q) {
        for (int32_t k = 0; k < block.num_prefix_keys; ++k) {
          times[queries[q] - first_query][keys[static_cast<size_t>(k)]] += 1;
        }
        for (int32_t k = block.keys_of_query[q].begin; k < block.keys_of_query[q].end; ++k) {
          times[queries[q] - first_query][keys[static_cast<size_t>(k)]] += 1;
        }
      }
    }
  }
  return times_QK;
}

TEST(RingScheduleTest, ComputesEveryVisiblePairExactlyOnce) {
  ForEachLayoutCase({1, 2, 3, 4, 5, 7, 8, 16}, [](const LayoutCase& ring) {
    if (::testing::Test::HasFailure()) return;
    const RingSchedule schedule = ScheduleOf(ring);
    const int64_t num_tokens = ring.keys.num_tokens();
    std::vector<int64_t> keys(static_cast<size_t>(num_tokens));
    std::iota(keys.begin(), keys.end(), int64_t{0});
    const std::vector<int64_t> queries(keys.end() - ring.queries.num_tokens(), keys.end());
    const at::Tensor visible = DenseVisibility(ring.mask, queries, keys, num_tokens);
    EXPECT_TRUE(at::equal(TimesComputed(ring, schedule), visible.to(at::kLong))) << ring.name;
    for (int rank = 0; rank < Size(schedule); ++rank) {
      EXPECT_EQ(schedule.Pairs(rank),
                CountVisiblePairs(ring.mask, ring.QueryPositions(rank), keys, num_tokens))
          << ring.name;
    }
  });
}

// Plays the messages of forward and backward: what each rank sends in a round is what the next one
// gets in the round after. A gradient is the ranks that have added to it.
struct Visitor {
  int owner = -1;
  bool has_gradient = false;
  std::set<int> added = {};
};

// Ranks that added to the gradient of each owner's block by the time it came home; checks that
// every message has a sender and a receiver, and that no block travels further than it is needed.
std::vector<std::set<int>> PlayRing(const RingSchedule& schedule) {
  const int n = Size(schedule);
  std::vector<std::set<int>> home(static_cast<size_t>(n));
  std::vector<Visitor> sent(static_cast<size_t>(n));  // [rank] what left it in the last round
  for (int rank = 0; rank < n; ++rank) {
    if (schedule.Reach(rank) > 0) sent[static_cast<size_t>(rank)].owner = rank;
  }
  for (int round = 1; round < n; ++round) {
    std::vector<Visitor> sent_now(static_cast<size_t>(n));
    for (int rank = 0; rank < n; ++rank) {
      Visitor visitor = sent[static_cast<size_t>((rank + n - 1) % n)];
      const auto& rounds = schedule.Rounds(rank);
      const auto here = std::find_if(rounds.begin(), rounds.end(),
                                     [&](const RingRound& r) { return r.round == round; });
      EXPECT_EQ(here != rounds.end(), visitor.owner >= 0) << "rank " << rank << " round " << round;
      if (here == rounds.end()) continue;
      EXPECT_EQ(here->owner, (rank + n - round) % n);
      EXPECT_EQ(here->owner, visitor.owner);
      EXPECT_EQ(here->gradient_comes, visitor.has_gradient);
      if (here->computes) visitor.added.insert(rank);
      visitor.has_gradient = here->gradient_leaves();
      if (here->travels_on) {
        sent_now[static_cast<size_t>(rank)] = visitor;
      } else {
        EXPECT_TRUE(here->computes) << "a block came to a last rank that has no use for it";
        EXPECT_EQ(rank, (here->owner + schedule.Reach(here->owner)) % n);
        EXPECT_TRUE(home[static_cast<size_t>(here->owner)].empty()) << "a gradient came twice";
        home[static_cast<size_t>(here->owner)] = visitor.added;
      }
    }
    sent = sent_now;
  }
  for (const Visitor& visitor : sent) EXPECT_LT(visitor.owner, 0) << "a block nobody received";
  return home;
}

TEST(RingScheduleTest, EveryMessageIsReceivedAndGradientsComeHomeOnceFromAllWhoComputed) {
  ForEachLayoutCase({1, 2, 3, 4, 5, 7, 8, 16}, [](const LayoutCase& ring) {
    if (::testing::Test::HasFailure()) return;
    const RingSchedule schedule = ScheduleOf(ring);
    const std::vector<std::set<int>> home = PlayRing(schedule);
    for (int owner = 0; owner < Size(schedule); ++owner) {
      std::set<int> needed;
      for (int rank = 0; rank < Size(schedule); ++rank) {
        const int64_t pairs = CountVisiblePairs(ring.mask, ring.QueryPositions(rank),
                                                ring.KeyPositions(owner), ring.keys.num_tokens());
        if (rank != owner && pairs > 0) needed.insert(rank);
      }
      EXPECT_EQ(home[static_cast<size_t>(owner)], needed) << ring.name;
    }
  });
}

RingSchedule Causal(LayoutKind kind, int64_t num_tokens, int ring_size, AttentionMask mask = {}) {
  const SequenceLayout layout = SequenceLayout::Make(kind, num_tokens, ring_size);
  return {mask, layout, layout};
}

TEST(RingScheduleTest, FirstRankOfACausalContiguousRingReceivesNothing) {
  const RingSchedule schedule = Causal(LayoutKind::kContiguous, 64, 8);
  EXPECT_TRUE(schedule.Rounds(0).empty());
  for (int rank = 0; rank < 8; ++rank) {
    EXPECT_EQ(schedule.Rounds(rank).size(), static_cast<size_t>(rank));
    EXPECT_EQ(schedule.Reach(rank), 7 - rank);
  }
}

TEST(RingScheduleTest, BalancedLayoutsVisitEveryRankOnce) {
  for (const LayoutKind kind : {LayoutKind::kZigzag, LayoutKind::kStriped}) {
    const RingSchedule schedule = Causal(kind, 64, 8);
    EXPECT_EQ(NumHops(schedule), 8 * 7);
  }
}

TEST(RingScheduleTest, SlidingWindowReachesOnlyItsRounds) {
  // 8 tokens a rank: a window of w reaches w - 1 tokens back, into ceil((w - 1) / 8) ranks.
  for (const auto& [window, rounds] :
       std::vector<std::pair<int64_t, int>>{{1, 0}, {2, 1}, {9, 1}, {10, 2}, {17, 2}, {64, 7}}) {
    const RingSchedule schedule = Causal(LayoutKind::kContiguous, 64, 8, {.window = window});
    for (int rank = 0; rank < 8; ++rank) {
      EXPECT_EQ(schedule.Reach(rank), std::min(rounds, 7 - rank)) << "window " << window;
    }
  }
}

TEST(RingScheduleTest, PackedDocumentsSkipWholeRounds) {
  // Two ranks a document: a block is needed next door at most.
  const RingSchedule schedule =
      Causal(LayoutKind::kContiguous, 64, 8, {.document_begins = {0, 16, 32, 48}});
  for (int rank = 0; rank < 8; ++rank) EXPECT_EQ(schedule.Reach(rank), rank % 2 == 0 ? 1 : 0);
}

TEST(RingScheduleTest, GradientStartsAtTheFirstRankThatSees) {
  // Full attention to neighbors: the block of rank 3 is of use to rank 2 alone, three hops away.
  const RingSchedule schedule =
      Causal(LayoutKind::kContiguous, 16, 4, {.causal = false, .window = 2});
  EXPECT_EQ(schedule.Reach(3), 3);
  EXPECT_EQ(schedule.Rounds(0).back(),
            (RingRound{.round = 3, .owner = 1, .computes = true, .gradient_comes = true}));
  EXPECT_EQ(schedule.Rounds(0)[0], (RingRound{.round = 1, .owner = 3, .travels_on = true}));
  EXPECT_FALSE(schedule.Rounds(0)[0].gradient_leaves());
  EXPECT_EQ(schedule.Rounds(2).back(), (RingRound{.round = 3, .owner = 3, .computes = true}));
}

struct Extremes {
  int64_t least, most;
};

Extremes WorkOf(const RingSchedule& schedule) {
  Extremes work = {schedule.Pairs(0), schedule.Pairs(0)};
  for (int rank = 1; rank < Size(schedule); ++rank) {
    work.least = std::min(work.least, schedule.Pairs(rank));
    work.most = std::max(work.most, schedule.Pairs(rank));
  }
  return work;
}

// One query sees at most T keys, so a granule of g queries is at most g T pairs of work. Between
// the busiest and the idlest rank there lie less than three granules (zigzag: an early chunk and a
// late one may each be a granule longer, and the last granule may be cut) or one (striped: the
// first rank lags n - 1 granules behind the last in each of its T / (n g) groups). A tile of the
// kernel is 64 queries or more, so both are within a tile.
TEST(RingScheduleTest, WorkIsBalancedToAFewQueries) {
  for (const int n : {1, 2, 3, 4, 5, 7, 8, 16}) {
    for (const int64_t granule : {1, 4}) {
      for (int64_t num_tokens = 0; num_tokens < 12 * n * granule; ++num_tokens) {
        const auto difference = [&](LayoutKind kind) {
          const SequenceLayout layout = SequenceLayout::Make(kind, num_tokens, n, granule);
          const Extremes work = WorkOf({{}, layout, layout});
          return work.most - work.least;
        };
        EXPECT_LE(difference(LayoutKind::kZigzag), 3 * granule * num_tokens)
            << n << " ranks, " << num_tokens << " tokens, granule " << granule;
        EXPECT_LE(difference(LayoutKind::kStriped), granule * num_tokens)
            << n << " ranks, " << num_tokens << " tokens, granule " << granule;
      }
    }
  }
}

TEST(RingScheduleTest, ZigzagIsExactlyEvenWhenItsChunksAre) {
  for (const int n : {1, 2, 3, 4, 5, 7, 8, 16}) {
    const Extremes work = WorkOf(Causal(LayoutKind::kZigzag, 2 * n * 6, n));
    EXPECT_EQ(work.least, work.most);
  }
}

TEST(RingScheduleTest, ContiguousLeavesTheLastRankTwiceTheWork) {
  const Extremes work = WorkOf(Causal(LayoutKind::kContiguous, 1600, 16));
  // Rank 15: 100 queries that see 1501 .. 1600 keys; the mean rank has a sixteenth of all pairs.
  EXPECT_EQ(work.most, 100 * (1501 + 1600) / 2);
  EXPECT_NEAR(static_cast<double>(work.most) / (1600.0 * 1601.0 / 2 / 16), 2.0, 0.07);
}

// 512 ranks of 2048 tokens, as on 512 accelerators: planned on one core while nobody notices.
TEST(RingScheduleTest, RingOf512IsPlannedAtOnceAndCoversEveryPair) {
  constexpr int kRanks = 512;
  constexpr int64_t kTokens = kRanks * 2048 + 77;  // uneven
  for (const LayoutKind kind :
       {LayoutKind::kContiguous, LayoutKind::kZigzag, LayoutKind::kStriped}) {
    const SequenceLayout layout = SequenceLayout::Make(kind, kTokens, kRanks);
    const auto begin = std::chrono::steady_clock::now();
    const RingSchedule schedule({}, layout, layout);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(seconds.count(), 1.0) << Name(kind);

    int64_t pairs = 0, visits = 0;
    for (int rank = 0; rank < kRanks; ++rank) {
      pairs += schedule.Pairs(rank);
      visits += static_cast<int64_t>(schedule.Rounds(rank).size());
    }
    EXPECT_EQ(pairs, kTokens * (kTokens + 1) / 2);
    EXPECT_EQ(visits, NumHops(schedule));
    const int64_t all = int64_t{kRanks} * (kRanks - 1);
    EXPECT_EQ(visits, kind == LayoutKind::kContiguous ? all / 2 : all);
  }
}

// Blocks differ in size, so bytes are counted block by block: 2 (keys and values) x 4 bytes x D.
TEST(RingScheduleTest, BytesOfAWholeRingAreHopsTimesBlocks) {
  const SequenceLayout layout = SequenceLayout::Zigzag(/*num_tokens=*/1027, /*ring_size=*/4);
  const RingSchedule schedule({}, layout, layout);
  int64_t tokens_moved = 0;
  for (int owner = 0; owner < 4; ++owner) {
    tokens_moved += schedule.Reach(owner) * layout.ShardSize(owner);
  }
  EXPECT_EQ(tokens_moved, 3 * 1027);
}

TEST(RingScheduleTest, RefusesLayoutsThatDoNotFitTogether) {
  const SequenceLayout two = SequenceLayout::Zigzag(8, 2), three = SequenceLayout::Zigzag(8, 3);
  EXPECT_THROW(RingSchedule({}, two, three), c10::ValueError);
  EXPECT_THROW(RingSchedule({}, SequenceLayout::Zigzag(9, 2), two), c10::ValueError);
  EXPECT_THROW(RingSchedule({.window = -1}, two, two), c10::ValueError);
  EXPECT_THROW(RingSchedule({}, two, two).Rounds(2), c10::Error);
}

}  // namespace
}  // namespace ring
