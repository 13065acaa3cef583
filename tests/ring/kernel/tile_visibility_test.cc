#include "ring/kernel/tile_visibility.h"

#include "ring/kernel/tile_product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

namespace ring {
namespace {

// Lane l sees rows below `prefix` and those of its range.
bool Sees(const std::vector<IndexRange>& ranges, int64_t prefix, size_t lane, int64_t row) {
  return row < prefix || (row >= ranges[lane].begin && row < ranges[lane].end);
}

// Random staircases: ends ascend, some ranges are empty.
std::vector<IndexRange> RandomRanges(std::mt19937& rng, int32_t prefix, int32_t num_rows) {
  std::vector<int32_t> ends(32);
  for (int32_t& end : ends) {
    end = std::uniform_int_distribution<int32_t>(prefix, num_rows)(rng);
  }
  std::sort(ends.begin(), ends.begin() + 16);
  std::sort(ends.begin() + 16, ends.end());
  std::vector<IndexRange> ranges;
  for (size_t i = 0; i < 16; ++i) {
    const int32_t low = ends[i], high = ends[i + 16];
    ranges.push_back({.begin = low, .end = std::max(low, high)});
  }
  return ranges;
}

TEST(TileVisibilityTest, SeenRowsAreTheHullOfWhatLanesSee) {
  std::mt19937 rng(301);
  int num_whole = 0, num_empty = 0;
  for (int round = 0; round < 20000; ++round) {
    const int32_t prefix = round % 3 == 0 ? static_cast<int32_t>(rng() % 20) : 0;
    const std::vector<IndexRange> ranges = RandomRanges(rng, prefix, 60);
    const size_t lanes = 1 + rng() % 16;
    const auto first = static_cast<int64_t>(rng() % 60);
    const RowWindow window = {
        .first = first, .count = 1 + static_cast<int64_t>(rng() % 12), .prefix = prefix};
    const SeenRows seen = FindSeenRows(ranges.data(), static_cast<int64_t>(lanes), window);
    int64_t begin = -1, end = -1;
    bool whole = true;
    for (int64_t row = first; row < first + window.count; ++row) {
      size_t count = 0;
      for (size_t lane = 0; lane < lanes; ++lane) count += Sees(ranges, prefix, lane, row) ? 1 : 0;
      if (count == 0) continue;
      if (begin < 0) begin = row;
      end = row + 1;
    }
    for (int64_t row = begin; row < end; ++row) {
      for (size_t lane = 0; lane < lanes; ++lane) whole = whole && Sees(ranges, prefix, lane, row);
    }
    if (begin < 0) {
      ASSERT_EQ(seen.count(), 0);
      ++num_empty;
      continue;
    }
    ASSERT_EQ(seen.begin, begin);
    ASSERT_EQ(seen.end, end);
    ASSERT_EQ(seen.whole, whole);
    num_whole += whole ? 1 : 0;
  }
  EXPECT_GT(num_whole, 500);  // the cases were met
  EXPECT_GT(num_empty, 500);
}

TEST(TileVisibilityTest, HidesExactlyWhatIsNotSeen) {
  constexpr int64_t kFirst = 32, kPrefix = 35;
  const std::vector<IndexRange> lanes_of_row = {{0, 0}, {36, 40}, {0, 200}, {45, 48}, {60, 90}};
  std::vector<float> score(lanes_of_row.size() * kScoreLanes<float>, 1.0F);
  HideUnseen(lanes_of_row.data(), 5, kFirst, kPrefix, score.data());
  for (size_t row = 0; row < lanes_of_row.size(); ++row) {
    for (int64_t lane = 0; lane < kScoreLanes<float>; ++lane) {
      const bool seen = Sees(lanes_of_row, kPrefix, row, kFirst + lane);
      const float expected = seen ? 1.0F : -std::numeric_limits<float>::infinity();
      EXPECT_EQ(score[row * kScoreLanes<float> + static_cast<size_t>(lane)], expected);
    }
  }
}

}  // namespace
}  // namespace ring
