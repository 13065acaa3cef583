#include "experiments/reproduce/table_figures.h"

#include "tests/experiments/reproduce/tiny_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace experiments {
namespace {

using ::testing::ElementsAre;

const TableFigures& Tiny() {
  static const TableFigures table = WorkOut(tests::TinyRecipe(), tests::TinyCells());
  return table;
}

TEST(TableFiguresTest, TwoSeedsGiveNoInterval) {
  std::vector<CellResult> cells = tests::TinyCells();
  std::erase_if(cells, [](const CellResult& cell) { return cell.cell.seed == 3; });
  const TableFigures table = WorkOut(tests::TinyRecipe(), cells);
  EXPECT_FALSE(table.rows[0].methods.at("at").protocols[kLast].mean.interval);
  EXPECT_FALSE(table.aggregates[0].mean.interval);
  EXPECT_FALSE(table.aggregates[1].beaten_by_first->interval);
  EXPECT_FALSE(table.aggregates[0].profile[0].interval);
}

TEST(TableFiguresTest, AggregatesAreNormalised) {
  const TableFigures table = Tiny();
  ASSERT_EQ(table.aggregates.size(), 2u);
  EXPECT_NEAR(table.aggregates[0].mean.value, (457 + 357) / 2000.0, 1e-12);
  EXPECT_NEAR(table.aggregates[1].optimality_gap.value, 1 - (357 + 257) / 2000.0, 1e-12);
  EXPECT_FALSE(table.aggregates[0].beaten_by_first);
  EXPECT_DOUBLE_EQ(table.aggregates[1].beaten_by_first->value, 1);
  // at: three runs at 0.457, three at 0.357.
  EXPECT_DOUBLE_EQ(table.aggregates[0].profile[8].value, 0.5);  // above 0.4
  EXPECT_DOUBLE_EQ(table.aggregates[0].profile[0].value, 1);
}

TEST(TableFiguresTest, TheBudgetGoesFromTheMeanPolicyToTheBest) {
  const AggregateFigures at = Tiny().aggregates.at(0);
  ASSERT_EQ(at.best_by_budget.size(), 12u);  // three seeds, four evaluations
  EXPECT_NEAR(at.best_by_budget.front(), (407 + 307) / 2000.0, 1e-12);
  EXPECT_NEAR(at.best_by_budget.back(), (558 + 458) / 2000.0, 1e-12);
}

TEST(TableFiguresTest, AggregatesLeaveOutRowsThatLackAMethod) {
  std::vector<CellResult> cells = tests::TinyCells();
  std::erase_if(cells, [](const CellResult& cell) {
    return cell.cell.row.task == "cartpole_swingup" && cell.cell.method == "bc";
  });
  const TableFigures table = WorkOut(tests::TinyRecipe(), cells);
  EXPECT_THAT(table.aggregate_rows, ElementsAre("walker_walk@rnd"));
  EXPECT_NEAR(table.aggregates[0].mean.value, 0.457, 1e-12);
  EXPECT_EQ(table.finished, 9);
  EXPECT_EQ(table.planned, 12);
}

TEST(TableFiguresTest, ReachingTasksHaveAMeanOverTheirTargetsThatCountsNowhere) {
  nlohmann::json recipe = tests::TinyRecipe();
  recipe["rows"] = {"jaco_reach_top_left@random", "jaco_reach_top_right@random"};
  std::vector<CellResult> cells = tests::TinyCells();
  for (CellResult& cell : cells) {
    cell.cell.row = {.task = cell.cell.row.task == "walker_walk" ? "jaco_reach_top_left"
                                                                 : "jaco_reach_top_right",
                     .collector = "random"};
  }
  const TableFigures table = WorkOut(recipe, cells);
  ASSERT_EQ(table.means.size(), 1u);
  EXPECT_EQ(table.means[0].row.name(), "jaco_reach@random");
  EXPECT_EQ(table.means[0].CollectorText(), "random, mean of 2 targets");
  EXPECT_EQ(table.rows[0].CollectorText(), "random");
  const MethodFigures& at = table.means[0].methods.at("at");
  EXPECT_THAT(at.protocols[kLast].scores, ElementsAre(406, 407, 408));
  EXPECT_TRUE(at.protocols[kLast].mean.interval);
  EXPECT_THAT(at.by_rollout, ElementsAre(357, 407));
  EXPECT_EQ(table.aggregate_rows.size(), 2u);
  EXPECT_EQ(PrintedRows(table).size(), 3u);
  EXPECT_TRUE(Tiny().means.empty());
}

TEST(TableFiguresTest, CellsThatCannotBeComparedAreRefused) {
  std::vector<CellResult> cells = tests::TinyCells();
  cells[5].evaluations[1].returns.pop_back();
  EXPECT_THROW(WorkOut(tests::TinyRecipe(), cells), std::invalid_argument);
  cells = tests::TinyCells();
  cells[4].data_sha256 = std::string(64, 'b');
  EXPECT_THROW(WorkOut(tests::TinyRecipe(), cells), std::invalid_argument);
  EXPECT_THROW(WorkOut(tests::TinyRecipe(), {}), std::logic_error);
}

TEST(TableFiguresTest, CostsAreSumsOverRuns) {
  const std::vector<CostFigures> costs = Tiny().costs;
  ASSERT_EQ(costs.size(), 2u);
  EXPECT_EQ(costs[0].runs, 6);
  EXPECT_DOUBLE_EQ(costs[0].hours, 6 * 90 / 3600.0);
  EXPECT_DOUBLE_EQ(costs[0].minutes_per_run, 1.5);
  EXPECT_DOUBLE_EQ(costs[0].largest_memory_mib, 512);
}

}  // namespace
}  // namespace experiments
