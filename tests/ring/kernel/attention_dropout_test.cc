#include "ring/kernel/attention_dropout.h"

#include "ring/kernel/tile_product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace ring {
namespace {

constexpr int64_t kLanesPerPanel = kScoreLanes<float>;

// Kept (1) or not (0), [query][key], of one head.
std::vector<std::vector<int>> MaskOf(const AttentionDropout& dropout, int64_t num_queries,
                                     int64_t num_keys, int64_t head = 0) {
  std::vector<int64_t> queries(static_cast<size_t>(num_queries)),
      keys(static_cast<size_t>(num_keys));
  std::iota(queries.begin(), queries.end(), 0);
  std::iota(keys.begin(), keys.end(), 0);
  std::vector<std::vector<int>> mask(queries.size(), std::vector<int>(keys.size()));
  std::vector<float> weights(static_cast<size_t>(num_queries * kLanesPerPanel));
  for (int64_t first = 0; first < num_keys; first += kLanesPerPanel) {
    std::fill(weights.begin(), weights.end(), 1.0F);
    const int64_t lanes = std::min(kLanesPerPanel, num_keys - first);
    DropWithKeyLanes({.probability = dropout.probability,
                      .head_hash = HeadHash(dropout, 0, head),
                      .num_rows = num_queries,
                      .num_lanes = lanes,
                      .row_positions = queries.data(),
                      .lane_positions = keys.data() + first},
                     weights.data());
    for (size_t query = 0; query < queries.size(); ++query) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        const float weight = weights[query * kLanesPerPanel + static_cast<size_t>(lane)];
        mask[query][static_cast<size_t>(first + lane)] = weight != 0 ? 1 : 0;
        if (weight != 0) {
          EXPECT_FLOAT_EQ(weight, static_cast<float>(1 / (1 - dropout.probability)));
        }
      }
    }
  }
  return mask;
}

double ShareKept(const std::vector<std::vector<int>>& mask) {
  double kept = 0;
  for (const auto& row : mask) kept += std::accumulate(row.begin(), row.end(), 0.0);
  return kept / static_cast<double>(mask.size() * mask[0].size());
}

// Correlation of two equally long rows of coin flips with a known mean.
double Correlation(const std::vector<int>& a, const std::vector<int>& b, double mean) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean) * (b[i] - mean);
  return sum / (static_cast<double>(a.size()) * mean * (1 - mean));
}

TEST(AttentionDropoutTest, KeepsTheAskedShare) {
  for (const double probability : {0.1, 0.5, 0.9}) {
    const auto mask = MaskOf({.probability = probability, .seed = 301}, 500, 512);
    const double sigma = std::sqrt(probability * (1 - probability) / (500 * 512));
    EXPECT_NEAR(ShareKept(mask), 1 - probability, 4 * sigma);
  }
}

// 2000 pairs of neighbouring rows and columns: the mean and the mean square of their correlations
// are those of independent flips, within four standard errors.
TEST(AttentionDropoutTest, RowsAndColumnsAreIndependent) {
  constexpr int64_t kSize = 1024;
  const double keep = 0.7;
  const auto by_row = MaskOf({.probability = 1 - keep, .seed = 17}, kSize, kSize);
  auto by_column = by_row;
  for (size_t i = 0; i < kSize; ++i) {
    for (size_t j = 0; j < kSize; ++j) by_column[j][i] = by_row[i][j];
  }
  for (const auto& mask : {by_row, by_column}) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i + 1 < kSize; ++i) {
      const double correlation = Correlation(mask[i], mask[i + 1], keep);
      sum += correlation;
      squares += correlation * correlation;
    }
    const double pairs = kSize - 1;
    EXPECT_NEAR(sum / pairs, 0, 4 / std::sqrt(pairs * kSize));
    EXPECT_NEAR(squares / pairs * kSize, 1, 4 * std::sqrt(2 / pairs) + 0.05);
  }
}

TEST(AttentionDropoutTest, LanesOfQueriesAndLanesOfKeysAgree) {
  const AttentionDropout dropout = {.probability = 0.4, .seed = 5, .layer = 2};
  const auto mask = MaskOf(dropout, 64, 16);
  std::vector<int64_t> queries(64), keys(16);
  std::iota(queries.begin(), queries.end(), 0);
  std::iota(keys.begin(), keys.end(), 0);
  for (size_t first = 0; first < 64; first += kScoreLanes<double>) {
    std::vector<double> weights(16 * kScoreLanes<double>, 1.0);
    DropWithQueryLanes({.probability = 0.4,
                        .head_hash = HeadHash(dropout, 0, 0),
                        .num_rows = 16,
                        .num_lanes = kScoreLanes<double>,
                        .row_positions = keys.data(),
                        .lane_positions = queries.data() + first},
                       weights.data());
    for (size_t key = 0; key < 16; ++key) {
      for (size_t lane = 0; lane < kScoreLanes<double>; ++lane) {
        ASSERT_EQ(weights[key * kScoreLanes<double> + lane] != 0, mask[first + lane][key] != 0);
      }
    }
  }
}

TEST(AttentionDropoutTest, EverythingThatNamesAHeadChangesTheMask) {
  const AttentionDropout base = {.probability = 0.5, .seed = 1, .layer = 1};
  const auto mask = MaskOf(base, 64, 64);
  AttentionDropout other[] = {base, base, base, base};
  other[0].seed = 2;
  other[1].layer = 2;
  other[2].first_chain = 1;
  other[3].first_head = 1;
  for (const AttentionDropout& changed : other) {
    const auto different = MaskOf(changed, 64, 64);
    int equal = 0;
    for (size_t i = 0; i < 64; ++i) {
      for (size_t j = 0; j < 64; ++j) equal += mask[i][j] == different[i][j] ? 1 : 0;
    }
    EXPECT_NEAR(equal, 2048, 4 * 32);  // as two unrelated masks do
  }
  EXPECT_EQ(MaskOf(other[3], 8, 8), MaskOf(base, 8, 8, /*head=*/1));
}

}  // namespace
}  // namespace ring
