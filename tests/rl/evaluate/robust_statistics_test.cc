#include "rl/evaluate/robust_statistics.h"

#include "tests/support/tolerance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace rl {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

constexpr std::array kThresholds = {0.0, 0.25, 0.5, 0.75, 1.0};

// What rliable made of one table. ORACLES.md has the format.
struct Recorded {
  ScoreTable scores, rival;
  std::map<std::string, std::vector<double>> figures;
};

std::map<std::string, Recorded> ReadOracle() {
  std::ifstream file(RINGRL_ORACLES "/robust_statistics.txt");
  std::map<std::string, Recorded> tables;
  Recorded* current = nullptr;
  for (std::string name; file >> name;) {
    if (name == "table") {
      size_t runs = 0, tasks = 0;
      file >> name >> runs >> tasks;
      current = &tables[name];
      current->scores.resize(tasks);
      current->rival.resize(tasks);
      continue;
    }
    size_t count = 0;
    file >> count;
    std::vector<double> values(count);
    for (double& value : values) file >> value;
    if (name == "run" || name == "rival") {
      ScoreTable& table = name == "run" ? current->scores : current->rival;
      for (size_t task = 0; task < count; ++task) table[task].push_back(values[task]);
    } else {
      current->figures[name] = values;
    }
  }
  return tables;
}

std::vector<double> Aggregates(std::span<const ScoreTable> tables) {
  return {MeanOfTasks(tables[0]), InterquartileMean(tables[0]), OptimalityGap(tables[0])};
}

// `expected` has the lower ends of all numbers, then the upper ones.
void ExpectIntervals(const std::optional<std::vector<Interval>>& intervals,
                     const std::vector<double>& expected, double tolerance) {
  ASSERT_TRUE(intervals);
  const size_t count = intervals->size();
  ASSERT_EQ(expected.size(), 2 * count);
  for (size_t i = 0; i < count; ++i) {
    EXPECT_NEAR((*intervals)[i].low, expected[i], tests::Tolerance(tolerance)) << i;
    EXPECT_NEAR((*intervals)[i].high, expected[count + i], tests::Tolerance(tolerance)) << i;
  }
}

TEST(RobustStatisticsTest, FiguresEqualRliables) {
  const auto oracle = ReadOracle();
  ASSERT_EQ(oracle.size(), 3u);
  for (const auto& [name, table] : oracle) {
    SCOPED_TRACE(name);
    const double tolerance = tests::Tolerance(1e-12);  // sums in another order
    const std::vector<double> aggregates = Aggregates(std::span(&table.scores, 1));
    for (size_t i = 0; i < aggregates.size(); ++i) {
      EXPECT_NEAR(aggregates[i], table.figures.at("aggregates")[i], tolerance) << i;
    }
    EXPECT_NEAR(ProbabilityOfImprovement(table.scores, table.rival),
                table.figures.at("improvement")[0], tolerance);
    const std::vector<double> profile = PerformanceProfile(table.scores, kThresholds);
    for (size_t i = 0; i < profile.size(); ++i) {
      EXPECT_NEAR(profile[i], table.figures.at("profile")[i], tolerance) << i;
    }
  }
}

// Ends are 2.5 % quantiles of random draws. Over 50000 resamples of figures that spread by 0.05 to
// 0.15 such an end lies within 0.003 (standard deviation 0.0007 to 0.002, of ours and of theirs);
// where scores are few and equal, ends sit on steps, which both sides meet.
TEST(RobustStatisticsTest, IntervalsEqualRliablesToTheirOwnSpread) {
  for (const auto& [name, table] : ReadOracle()) {
    SCOPED_TRACE(name);
    BootstrapOptions options{.resamples = 50000, .seed = 301};
    const std::span one(&table.scores, 1);
    ExpectIntervals(BootstrapIntervals(one, Aggregates, options), table.figures.at("intervals"),
                    0.006);
    options.resample_tasks = true;
    ExpectIntervals(BootstrapIntervals(one, Aggregates, options),
                    table.figures.at("intervals_with_tasks"), 0.012);
  }
}

// rliable took 2000 resamples here, and shares of few scores move by steps: with seven scores of
// one task, an end that is 2.75 % likely is met or missed by chance. One step is allowed.
TEST(RobustStatisticsTest, IntervalsOfProfilesAndPairsEqualRliables) {
  for (const auto& [name, table] : ReadOracle()) {
    SCOPED_TRACE(name);
    const BootstrapOptions options{.resamples = 4000, .seed = 302};
    const auto profile = [](std::span<const ScoreTable> tables) {
      return PerformanceProfile(tables[0], kThresholds);
    };
    ExpectIntervals(BootstrapIntervals(std::span(&table.scores, 1), profile, options),
                    table.figures.at("profile_intervals"),
                    1.001 / static_cast<double>(table.scores.size() * table.scores[0].size()));
    const std::vector pair{table.scores, table.rival};
    const auto improvement = [](std::span<const ScoreTable> tables) {
      return std::vector{ProbabilityOfImprovement(tables[0], tables[1])};
    };
    ExpectIntervals(BootstrapIntervals(pair, improvement, options),
                    table.figures.at("improvement_interval"), 0.021);
  }
}

TEST(RobustStatisticsTest, AggregatesByHand) {
  // Eight scores; two go at each end, 0.2 0.3 0.4 0.5 stay.
  const ScoreTable scores{{0.0, 0.1, 0.2, 0.3}, {0.4, 0.5, 0.9, 1.5}};
  EXPECT_DOUBLE_EQ(InterquartileMean(scores), 0.35);
  EXPECT_DOUBLE_EQ(MeanOfTasks(scores), (0.15 + 0.825) / 2);
  EXPECT_DOUBLE_EQ(OptimalityGap(scores), 1 - (0.6 + 0.4 + 0.5 + 0.9 + 1.0) / 8);
  EXPECT_THAT(PerformanceProfile(scores, std::vector{0.3, 1.5}), ElementsAre(0.5, 0.0));
}

TEST(RobustStatisticsTest, FewScoresLoseNothingToTheMiddleHalf) {
  EXPECT_DOUBLE_EQ(InterquartileMean({{1, 2, 6}}), 3);
  EXPECT_DOUBLE_EQ(InterquartileMean({{1, 2, 4, 100}}), 3);
}

TEST(RobustStatisticsTest, TiesCountHalfAsAnImprovement) {
  // Task 1: 2 beats 1 and ties with 2, 3 beats both: 3.5 of 4. Task 2: one loss.
  EXPECT_DOUBLE_EQ(ProbabilityOfImprovement({{2, 3}, {0}}, {{1, 2}, {5}}), 3.5 / 4 / 2);
}

TEST(RobustStatisticsTest, FewerThanThreeRunsGiveNoInterval) {
  const auto mean = [](const ScoreTable& scores) { return MeanOfTasks(scores); };
  EXPECT_FALSE(BootstrapInterval({{1, 2, 3}, {1, 2}}, mean));
  EXPECT_TRUE(BootstrapInterval({{1, 2, 3}, {1, 2, 4}}, mean));
}

TEST(RobustStatisticsTest, EqualSeedsGiveEqualIntervalsAndOthersDoNot) {
  const ScoreTable scores{{0.1, 0.5, 0.6, 0.97}, {0.2, 0.31, 0.4, 0.41}};
  const auto interval = [&](uint64_t seed) {
    return *BootstrapInterval(scores, [](const ScoreTable& table) { return MeanOfTasks(table); },
                              {.resamples = 99, .seed = seed});
  };
  EXPECT_EQ(interval(1).low, interval(1).low);
  EXPECT_NE(interval(1).low, interval(2).low);
}

TEST(RobustStatisticsTest, RunsThatAgreeLeaveNoDoubt) {
  const Interval interval = *BootstrapInterval({{0.5, 0.5, 0.5}}, InterquartileMean);
  EXPECT_EQ(interval.low, 0.5);
  EXPECT_EQ(interval.high, 0.5);
}

TEST(RobustStatisticsTest, TablesWithHolesAreRefused) {
  EXPECT_THROW(MeanOfTasks({}), std::logic_error);
  EXPECT_THROW(InterquartileMean({{1}, {}}), std::logic_error);
  EXPECT_THROW(ProbabilityOfImprovement({{1}}, {{1}, {2}}), std::logic_error);
  EXPECT_THROW(BootstrapInterval({{}}, InterquartileMean), std::logic_error);
}

TEST(ExpectedMaximumTest, OfTwoDrawsByHand) {
  // Pairs of 0, 6, 9 with replacement: maximum 0 once, 6 three times, 9 five times.
  EXPECT_DOUBLE_EQ(ExpectedMaximum({9, 0, 6}, 2), (3 * 6 + 5 * 9) / 9.0);
  EXPECT_DOUBLE_EQ(ExpectedMaximum({9, 0, 6}, 1), 5);
  EXPECT_DOUBLE_EQ(ExpectedMaximum({4, 4}, 128), 4);
  EXPECT_THROW(ExpectedMaximum({}, 1), std::logic_error);
  EXPECT_THROW(ExpectedMaximum({1}, 0), std::logic_error);
}

// Of 4, 32 and 128 draws from a normal distribution: 1.029, 2.070 and 2.595 standard deviations.
// The sample is its quantiles, 100000 of them, so that its own extremes come late.
TEST(ExpectedMaximumTest, OfNormalDrawsAsTheIntegralHasIt) {
  std::vector<double> sample;
  constexpr int kSize = 100000;
  double low = -8;  // quantiles by bisection of the error function, each from where the last was
  for (int i = 0; i < kSize; ++i) {
    const double share = (i + 0.5) / kSize;
    double high = 8;
    while (high - low > 1e-7) {
      const double middle = (low + high) / 2;
      (std::erfc(-middle / std::sqrt(2.0)) / 2 < share ? low : high) = middle;
    }
    sample.push_back(low);
  }
  EXPECT_NEAR(ExpectedMaximum(sample, 4), 1.0294, tests::Tolerance(5e-4));
  EXPECT_NEAR(ExpectedMaximum(sample, 32), 2.0697, tests::Tolerance(5e-4));
  EXPECT_NEAR(ExpectedMaximum(sample, 128), 2.5946, tests::Tolerance(5e-4));
}

TEST(ExpectedBestTest, GrowsFromTheMeanToTheBestPolicy) {
  // Pairs without replacement of 1, 2, 6: maxima 2, 6, 6.
  EXPECT_THAT(ExpectedBestByBudget({6, 1, 2}),
              ElementsAre(DoubleEq(3), DoubleEq(14.0 / 3), DoubleEq(6)));
  EXPECT_TRUE(ExpectedBestByBudget({}).empty());
}

}  // namespace
}  // namespace rl
