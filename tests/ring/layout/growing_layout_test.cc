#include "ring/layout/growing_layout.h"

#include <c10/util/Exception.h>
#include <c10/util/StringUtil.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ring {
namespace {

int64_t Spread(const SequenceLayout& layout) {
  int64_t least = layout.ShardSize(0), most = least;
  for (int rank = 1; rank < layout.ring_size(); ++rank) {
    least = std::min(least, layout.ShardSize(rank));
    most = std::max(most, layout.ShardSize(rank));
  }
  return most - least;
}

std::vector<int> RankOfToken(const SequenceLayout& layout) {
  std::vector<int> ranks(static_cast<size_t>(layout.num_tokens()), -1);
  for (int rank = 0; rank < layout.ring_size(); ++rank) {
    int64_t last = -1;
    for (const int64_t token : layout.Positions(rank)) {
      EXPECT_GT(token, last) << "positions must ascend";
      EXPECT_EQ(ranks.at(static_cast<size_t>(token)), -1) << "token " << token << " is there twice";
      ranks[static_cast<size_t>(token)] = rank;
      last = token;
    }
  }
  EXPECT_EQ(std::count(ranks.begin(), ranks.end(), -1), 0);
  return ranks;
}

// Prompts of any length and layout and a few tokens now and then, forgotten in part from time to
// time; compared with a plain list of who holds what.
TEST(GrowingLayoutTest, NoTokenIsLostMovedOrHeldTwice) {
  for (const int ring_size : {1, 2, 3, 4, 7}) {
    std::mt19937_64 rng(301);
    const auto draw = [&](int64_t below) { return static_cast<int64_t>(rng() % uint64_t(below)); };
    GrowingLayout growing(ring_size);
    std::vector<int> expected;
    for (int step = 0; step < 200; ++step) {
      if (draw(4) == 0) {
        growing.Truncate(draw(growing.num_tokens() + 1));
        expected.resize(static_cast<size_t>(growing.num_tokens()));
      }
      const auto kind = static_cast<LayoutKind>(draw(3));
      const SequenceLayout next = draw(2) == 0 ? growing.NextPrompt(kind, draw(40), 1 + draw(4))
                                               : growing.NextTokens(draw(6));
      growing.Append(next);
      const std::vector<int> added = RankOfToken(next);
      expected.insert(expected.end(), added.begin(), added.end());
      ASSERT_EQ(RankOfToken(growing.layout()), expected) << "ring of " << ring_size;
    }
  }
}

TEST(GrowingLayoutTest, ShardsStayEvenHoweverManyPromptsFollowOneAnother) {
  for (const int ring_size : {1, 2, 3, 4, 7, 16}) {
    for (const int64_t granule : {1, 4}) {
      GrowingLayout growing(ring_size);
      for (int64_t prompt = 1; prompt < 60; ++prompt) {
        const auto kind = static_cast<LayoutKind>(prompt % 3);
        growing.Append(growing.NextPrompt(kind, (17 * prompt) % 90, granule));
        EXPECT_LT(Spread(growing.layout()), 2 * granule) << "ring of " << ring_size;
        growing.Append(growing.NextTokens(prompt % 5));
        EXPECT_LT(Spread(growing.layout()), 2 * granule) << "ring of " << ring_size;
      }
    }
  }
}

TEST(GrowingLayoutTest, FewTokensEvenOutWhatTruncatingLeft) {
  GrowingLayout growing(3);
  growing.Append(growing.NextPrompt(LayoutKind::kContiguous, 30));
  growing.Truncate(13);  // 10, 3 and 0
  growing.Append(growing.NextTokens(17));
  EXPECT_EQ(Spread(growing.layout()), 0);
}

TEST(GrowingLayoutTest, TokenAfterTokenTakesNoMemory) {
  GrowingLayout growing(3);
  growing.Append(growing.NextPrompt(LayoutKind::kZigzag, 100));
  for (int step = 0; step < 1000; ++step) growing.Append(growing.NextTokens(4));
  for (int rank = 0; rank < 3; ++rank) EXPECT_LE(growing.layout().Shard(rank).size(), 4U);
}

TEST(GrowingLayoutTest, RefusesWhatDoesNotFit) {
  EXPECT_THROW(GrowingLayout(0), c10::ValueError);
  GrowingLayout growing(2);
  EXPECT_THROW(growing.Append(SequenceLayout::Striped(4, 3)), c10::ValueError);
  EXPECT_THROW(growing.Truncate(1), c10::Error);
}

}  // namespace
}  // namespace ring
