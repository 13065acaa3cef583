// Charts: the figures of a table where they belong.
#include "experiments/reproduce/table_page.h"
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

TEST(TableChartsTest, AMethodKeepsItsColorWhereAnotherIsMissing) {
  TableFigures table = Tiny();
  EXPECT_EQ(CurveChart(table.rows[0], table.methods).series.at(1).color, 1);
  table.rows[0].methods.erase("at");
  const Chart chart = CurveChart(table.rows[0], table.methods);
  ASSERT_EQ(chart.series.size(), 1u);
  EXPECT_EQ(chart.series[0].name, "bc");
  EXPECT_EQ(chart.series[0].color, 1);
}

TEST(TableChartsTest, CurvesHaveTheirBands) {
  const Chart chart = CurveChart(Tiny().rows[0], {"at", "bc"});
  EXPECT_THAT(chart.series[0].x, ElementsAre(25, 50, 75, 100));
  EXPECT_EQ(chart.series[0].low.size(), 4u);
  EXPECT_LE(chart.series[0].low[0], chart.series[0].y[0]);
}

TEST(TableChartsTest, RolloutsAreNumberedFromOne) {
  const Chart chart = RolloutChart(Tiny().rows[0], {"at", "bc"});
  EXPECT_THAT(chart.series[0].x, ElementsAre(1, 2));
  EXPECT_THAT(chart.series[0].y, ElementsAre(407, 457));
}

// Returns 10, 20 and 500: bins of 24.5 from 10.
TEST(TableChartsTest, BarsOfTheDataStandOnTheirBins) {
  const Series bars = DataChart(Tiny().rows[0]).series.at(0);
  ASSERT_EQ(bars.x.size(), 20u);
  EXPECT_DOUBLE_EQ(bars.x[0], 10 + 24.5 / 2);
  EXPECT_EQ(bars.y[0], 2);
  EXPECT_EQ(bars.y[19], 1);
  EXPECT_DOUBLE_EQ(bars.bar_width, 24.5);
}

TEST(TableChartsTest, ProfileAndBudgetHaveALinePerMethod) {
  const TableFigures table = Tiny();
  EXPECT_EQ(ProfileChart(table).series.size(), 2u);
  const Chart budget = BudgetChart(table);
  EXPECT_EQ(budget.series[1].name, "bc");
  EXPECT_EQ(budget.series[0].x.back(), 12);
}

}  // namespace
}  // namespace experiments
