#include "rl/agents/weighted_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

using Weights = std::vector<uint64_t>;

TEST(WeightedPoolTest, OrdersComeAsOftenAsDrawingWithoutPuttingBackSays) {
  const std::array<double, 4> weights = {1, 2, 3, 4};
  WeightedPool pool(Weights{1, 2, 3, 4});
  std::mt19937_64 rng(301);
  constexpr int kDraws = 40000;
  std::map<std::vector<int64_t>, int> counts;
  for (int i = 0; i < kDraws; ++i) {
    std::vector<int64_t> drawn;
    for (int k = 0; k < 4; ++k) drawn.push_back(pool.Draw(0, 4, rng));
    ++counts[drawn];
    for (const int64_t item : drawn) pool.PutBack(item);
  }
  // P(a, b, c, d) = w_a / 10 * w_b / (10 - w_a) * w_c / (10 - w_a - w_b).
  std::vector<int64_t> order = {0, 1, 2, 3};
  do {
    double left = 10, probability = 1;
    for (const int64_t item : order) {
      probability *= weights[item] / left;
      left -= weights[item];
    }
    const double deviation = std::sqrt(kDraws * probability * (1 - probability));
    EXPECT_NEAR(counts[order], kDraws * probability, 5 * deviation)
        << ::testing::PrintToString(order);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(WeightedPoolTest, ARangeIsDrawnFromAloneAndToItsLastItem) {
  WeightedPool pool(Weights{5, 1, 7, 2, 9, 4, 3});
  std::mt19937_64 rng(301);
  for (int i = 0; i < 50; ++i) {
    std::array<int64_t, 3> drawn{};
    for (int64_t& item : drawn) item = pool.Draw(2, 5, rng);
    EXPECT_THAT(drawn, ::testing::UnorderedElementsAre(2, 3, 4));
    EXPECT_THROW(pool.Draw(2, 5, rng), std::logic_error);
    for (const int64_t item : drawn) pool.PutBack(item);
  }
}

TEST(WeightedPoolTest, DrawingAllTakesOneNumberEachEvenBesideAGiant) {
  // Drawing again on a repetition would take some 10^12 tries per draw once the giant is out.
  Weights weights(1000, 1);
  weights[400] = uint64_t{1} << 50;
  WeightedPool pool(weights);
  std::mt19937_64 rng(301), counter(301);
  std::vector<int64_t> drawn;
  for (int i = 0; i < 1000; ++i) drawn.push_back(pool.Draw(0, 1000, rng));
  counter.discard(1000);
  EXPECT_EQ(rng, counter);
  std::sort(drawn.begin(), drawn.end());
  std::vector<int64_t> all(1000);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(drawn, all);
}

TEST(WeightedPoolTest, RangesBeyondTheItemsAreRefused) {
  WeightedPool pool(Weights{1, 1});
  std::mt19937_64 rng(301);
  EXPECT_THROW(pool.Draw(0, 3, rng), std::logic_error);
  EXPECT_THROW(pool.Draw(-1, 1, rng), std::logic_error);
  EXPECT_THROW(pool.Draw(1, 0, rng), std::logic_error);
  EXPECT_THROW(pool.Draw(1, 1, rng), std::logic_error) << "no item";
}

}  // namespace
}  // namespace rl
