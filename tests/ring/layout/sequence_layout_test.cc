#include "ring/layout/sequence_layout.h"

#include "tests/ring/random_tensors.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <c10/util/Exception.h>
#include <c10/util/StringUtil.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <string>

namespace ring {
namespace {

constexpr LayoutKind kKinds[] = {LayoutKind::kContiguous, LayoutKind::kZigzag,
                                 LayoutKind::kStriped};

// Calls `check` for layouts of every kind, ring size, granule and length, even and uneven.
template <typename Check>
void ForEachLayout(const Check& check) {
  for (const LayoutKind kind : kKinds) {
    for (const int64_t n : {1, 2, 3, 4, 5, 7, 8, 16}) {
      for (const int64_t granule : {1, 4}) {
        for (const int64_t num_tokens : {int64_t{0}, int64_t{1}, n - 1, n, int64_t{37}, 8 * n,
                                         8 * n + 3, 8 * n - 3, 8 * n + 4}) {
          SCOPED_TRACE(c10::str(Name(kind), ", ring of ", n, ", ", num_tokens, " tokens, granule ",
                                granule));
          check(SequenceLayout::Make(kind, num_tokens, static_cast<int>(n), granule), granule);
        }
      }
    }
  }
}

std::vector<int> RankOfToken(const SequenceLayout& layout) {
  std::vector<int> ranks(static_cast<size_t>(layout.num_tokens()), -1);
  for (int rank = 0; rank < layout.ring_size(); ++rank) {
    for (const int64_t token : layout.Positions(rank)) {
      EXPECT_EQ(ranks.at(static_cast<size_t>(token)), -1) << "token " << token << " is there twice";
      ranks[static_cast<size_t>(token)] = rank;
    }
  }
  return ranks;
}

TEST(SequenceLayoutTest, RingOfOneHoldsEveryToken) {
  for (const LayoutKind kind : kKinds) {
    const SequenceLayout layout = SequenceLayout::Make(kind, /*num_tokens=*/7, /*ring_size=*/1);
    EXPECT_EQ(layout.Shard(0), (std::vector<TokenRange>{{.begin = 0, .end = 7}})) << Name(kind);
  }
}

TEST(SequenceLayoutTest, LaysTokensOutAsTheHeaderDraws) {
  using Ranks = std::vector<int>;
  EXPECT_EQ(RankOfToken(SequenceLayout::Contiguous(12, 3)),
            (Ranks{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}));
  EXPECT_EQ(RankOfToken(SequenceLayout::Zigzag(12, 3)),
            (Ranks{0, 0, 1, 1, 2, 2, 2, 2, 1, 1, 0, 0}));
  EXPECT_EQ(RankOfToken(SequenceLayout::Striped(12, 3)),
            (Ranks{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(RankOfToken(SequenceLayout::Striped(11, 2, /*granule=*/2)),
            (Ranks{0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1}));
}

TEST(SequenceLayoutTest, EveryTokenHasOneRankAndShardsAscend) {
  ForEachLayout([](const SequenceLayout& layout, int64_t) {
    for (const int rank : RankOfToken(layout)) EXPECT_GE(rank, 0);
    int64_t largest = 0;
    for (int rank = 0; rank < layout.ring_size(); ++rank) {
      const std::vector<int64_t> positions = layout.Positions(rank);
      EXPECT_TRUE(std::is_sorted(positions.begin(), positions.end()));
      EXPECT_EQ(layout.ShardSize(rank), static_cast<int64_t>(positions.size()));
      largest = std::max(largest, layout.ShardSize(rank));
    }
    EXPECT_EQ(layout.MaxShardSize(), largest);
  });
}

TEST(SequenceLayoutTest, GranulesAreNeverSeparated) {
  ForEachLayout([](const SequenceLayout& layout, int64_t granule) {
    const std::vector<int> ranks = RankOfToken(layout);
    for (size_t token = 0; token < ranks.size(); ++token) {
      EXPECT_EQ(ranks[token], ranks[token - token % static_cast<size_t>(granule)]);
    }
  });
}

// Less than two granules: one that does not divide, and the last one, which may be cut.
TEST(SequenceLayoutTest, ShardsDifferByLessThanTwoGranules) {
  ForEachLayout([](const SequenceLayout& layout, int64_t granule) {
    for (int rank = 0; rank < layout.ring_size(); ++rank) {
      EXPECT_LT(layout.MaxShardSize() - layout.ShardSize(rank), 2 * granule);
    }
  });
}

TEST(SequenceLayoutTest, TakeAndJoinAreInverseForActivationsPositionsAndLabels) {
  ForEachLayout([](const SequenceLayout& layout, int64_t) {
    const int64_t num_tokens = layout.num_tokens();
    const at::Tensor x_BTD = RandomTensors(301).Normal({2, num_tokens, 3});
    const at::Tensor positions_T = at::arange(num_tokens, at::kLong);
    const at::Tensor labels_TB = x_BTD.select(2, 0).t().gt(0);
    std::vector<at::Tensor> x, positions, labels;
    for (int rank = 0; rank < layout.ring_size(); ++rank) {
      x.push_back(TakeShard(x_BTD, layout, rank, /*dim=*/1));
      positions.push_back(TakeShard(positions_T, layout, rank, /*dim=*/0));
      labels.push_back(TakeShard(labels_TB, layout, rank, /*dim=*/-2));
      const std::vector<int64_t> expected = layout.Positions(rank);
      const int64_t* taken = positions.back().const_data_ptr<int64_t>();
      EXPECT_EQ(std::vector<int64_t>(taken, taken + positions.back().numel()), expected);
    }
    EXPECT_TRUE(at::equal(JoinShards(x, layout, 1), x_BTD));
    EXPECT_TRUE(at::equal(JoinShards(positions, layout, 0), positions_T));
    EXPECT_TRUE(at::equal(JoinShards(labels, layout, -2), labels_TB));
  });
}

// Both only move rows, so the gradient of <join(take(x)), weight> is the weight itself.
TEST(SequenceLayoutTest, GradientsPassThroughTakeAndJoinUnchanged) {
  for (const LayoutKind kind : kKinds) {
    const SequenceLayout layout = SequenceLayout::Make(kind, /*num_tokens=*/13, /*ring_size=*/4);
    RandomTensors random(302);
    const at::Tensor x_TD = random.Normal({13, 2}).requires_grad_(true);
    const at::Tensor weight_TD = random.Normal({13, 2});
    std::vector<at::Tensor> shards;
    for (int rank = 0; rank < 4; ++rank) shards.push_back(TakeShard(x_TD, layout, rank, 0));
    const at::Tensor grad_x_TD =
        torch::autograd::grad({(JoinShards(shards, layout, 0) * weight_TD).sum()}, {x_TD})[0];
    EXPECT_TRUE(at::equal(grad_x_TD, weight_TD)) << Name(kind);
  }
}

TEST(SequenceLayoutTest, StridedRangeCountsOnlyItsOwnTokens) {
  EXPECT_EQ((TokenRange{.begin = 1, .end = 8, .stride = 3}).size(), 3);  // 1, 4, 7
  EXPECT_EQ((TokenRange{.begin = 8, .end = 8, .stride = 3}).size(), 0);
  EXPECT_EQ((TokenRange{.begin = 0, .end = 9, .stride = 4, .width = 2}).size(), 5);  // 0 1 4 5 8
}

TEST(SequenceLayoutTest, NamesReadBackAndUnknownOnesAreRefused) {
  for (const LayoutKind kind : kKinds) EXPECT_EQ(ParseLayoutKind(Name(kind)), kind);
  EXPECT_THROW(ParseLayoutKind("zig-zag"), c10::ValueError);
}

TEST(SequenceLayoutTest, RefusesImpossibleRequests) {
  EXPECT_THROW(SequenceLayout::Contiguous(-1, 1), c10::ValueError);
  EXPECT_THROW(SequenceLayout::Zigzag(4, 0), c10::ValueError);
  EXPECT_THROW(SequenceLayout::Striped(4, 2, /*granule=*/0), c10::ValueError);
  EXPECT_THROW(SequenceLayout::Contiguous(4, 2).Shard(2), c10::Error);

  const SequenceLayout layout = SequenceLayout::Contiguous(4, 2);
  const at::Tensor five = at::arange(5), two = at::arange(2);
  EXPECT_THROW(TakeShard(five, layout, 0, 0), c10::ValueError);
  EXPECT_THROW(JoinShards({two}, layout, 0), c10::ValueError);
  EXPECT_THROW(JoinShards({two, five}, layout, 0), c10::ValueError);
}

}  // namespace
}  // namespace ring
