#include "experiments/benchmarks/alternation.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace experiments {
namespace {

TEST(AlternationTest, SummarizesByTheMiddleAndTheEnds) {
  EXPECT_FALSE(Summarize({}));
  const auto odd = Summarize({3, 1, 9});
  EXPECT_EQ(odd->median, 3);
  EXPECT_EQ(odd->min, 1);
  EXPECT_EQ(odd->max, 9);
  EXPECT_EQ(Summarize({4, 1, 2, 100})->median, 3);
}

TEST(AlternationTest, AsksTheSystemsInTurn) {
  std::string asked;
  Alternation systems;
  systems.Add("a", [&] { return asked += 'a', static_cast<double>(asked.size()); });
  systems.Add("b", [&] { return asked += 'b', static_cast<double>(asked.size()); });
  systems.Run(3);
  EXPECT_EQ(asked, "ababab");
  EXPECT_EQ(systems.Of("a")->median, 3);
  EXPECT_EQ(systems.Of("b")->median, 4);
  EXPECT_THROW(systems.Add("a", {}), std::logic_error);
}

TEST(AlternationTest, DoesNotAskAgainWhatCannotBeMeasured) {
  int asked = 0;
  Alternation systems;
  systems.Add("missing", [&]() -> std::optional<double> { return ++asked, std::nullopt; });
  systems.Run(3);
  EXPECT_EQ(asked, 1);
  EXPECT_FALSE(systems.Of("missing"));
}

TEST(AlternationTest, TimesRunsButNotWhatPreparesThem) {
  int prepared = 0;
  int runs = 0;
  // The median of three sleeps of 1 ms is at least that; the preparation would add 20.
  const double seconds = MedianTime(
      /*seconds=*/0,
      [&] {
        ++prepared;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      },
      [&] {
        ++runs;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      });
  EXPECT_GE(seconds, 1e-3);
  EXPECT_LT(seconds, 20e-3);
  EXPECT_EQ(prepared, 4);  // one run to warm up
  EXPECT_EQ(runs, 4);
}

TEST(PutFigureTest, PutsThreeNumbersOrThreeNulls) {
  nlohmann::json row;
  PutFigure(row, "rate", Figure{.median = 2, .min = 1, .max = 4});
  PutFigure(row, "gone", std::nullopt);
  EXPECT_EQ(row, nlohmann::json({{"rate", 2.0},
                                 {"rate_min", 1.0},
                                 {"rate_max", 4.0},
                                 {"gone", nullptr},
                                 {"gone_min", nullptr},
                                 {"gone_max", nullptr}}));
}

}  // namespace
}  // namespace experiments
