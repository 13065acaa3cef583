#include "experiments/reproduce/row_figures.h"

#include "experiments/reproduce/table_figures.h"
#include "tests/experiments/reproduce/tiny_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace experiments {
namespace {

using ::testing::ElementsAre;

const TableFigures& Tiny() {
  static const TableFigures table = WorkOut(tests::TinyRecipe(), tests::TinyCells());
  return table;
}

// at in walker_walk, seed s: evaluations begin at 200 + s, 300 + s, 400 + s, 500 + s; the last
// three average 400 + s, the second chain adds 5 on average.
TEST(RowFiguresTest, AScoreIsTheMeanOfTheLastThreeEvaluations) {
  const MethodFigures& at = Tiny().rows.at(0).methods.at("at");
  EXPECT_THAT(at.seeds, ElementsAre(1, 2, 3));
  EXPECT_THAT(at.protocols[kFirst].scores, ElementsAre(406, 407, 408));
  EXPECT_THAT(at.protocols[kLast].scores, ElementsAre(456, 457, 458));
  EXPECT_THAT(at.protocols[kMean].scores, ElementsAre(431, 432, 433));
  EXPECT_THAT(at.protocols[kMax].scores, ElementsAre(456, 457, 458));
  EXPECT_DOUBLE_EQ(at.protocols[kLast].mean.value, 457);
  EXPECT_DOUBLE_EQ(at.protocols[kLast].best, 557);
  EXPECT_DOUBLE_EQ(at.protocols[kLast].last, 557);
}

TEST(RowFiguresTest, BestAndLastAreWhatTheyAreCalled) {
  std::vector<CellResult> cells = tests::TinyCells();
  for (CellResult& cell : cells)
    std::swap(cell.evaluations[0].returns, cell.evaluations[3].returns);
  const TableFigures table = WorkOut(tests::TinyRecipe(), cells);
  const ProtocolFigures& last = table.rows.at(0).methods.at("at").protocols[kLast];
  EXPECT_DOUBLE_EQ(last.best, 557);
  EXPECT_DOUBLE_EQ(last.last, 257);
}

TEST(RowFiguresTest, IntervalsStayWithinTheSeeds) {
  const Estimate mean = Tiny().rows.at(0).methods.at("at").protocols[kLast].mean;
  ASSERT_TRUE(mean.interval);
  EXPECT_GE(mean.interval->low, 456);
  EXPECT_LE(mean.interval->low, 457);
  EXPECT_LE(mean.interval->high, 458);
  EXPECT_GE(mean.interval->high, 457);
}

TEST(RowFiguresTest, TheReturnOfEachRolloutIsAMeanOverEverythingElse) {
  const RowFigures& row = Tiny().rows.at(0);
  EXPECT_THAT(row.methods.at("at").by_rollout, ElementsAre(407, 457));
  EXPECT_THAT(row.methods.at("bc").by_rollout, ElementsAre(357, 357));
}

// Of two draws from {x, x + 10} the expected maximum is x + 7.5; x averages 402.
TEST(RowFiguresTest, IndependentRolloutsGainByChanceAlone) {
  EXPECT_DOUBLE_EQ(Tiny().rows.at(0).methods.at("at").independent_max, 409.5);
}

TEST(RowFiguresTest, CurvesGoOverTheWholeOfTraining) {
  const std::vector<CurvePoint>& curve = Tiny().rows.at(0).methods.at("at").curve;
  ASSERT_EQ(curve.size(), 4u);
  EXPECT_DOUBLE_EQ(curve[0].share, 0.25);
  EXPECT_DOUBLE_EQ(curve[3].share, 1);
  EXPECT_DOUBLE_EQ(curve[0].episode_return.value, 257);
}

}  // namespace
}  // namespace experiments
