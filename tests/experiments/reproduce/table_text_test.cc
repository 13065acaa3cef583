#include "experiments/reproduce/table_text.h"

#include "experiments/report/csv_table.h"
#include "tests/experiments/reproduce/tiny_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace experiments {
namespace {

using ::testing::HasSubstr;

const TableFigures& Tiny() {
  static const TableFigures table = WorkOut(tests::TinyRecipe(), tests::TinyCells());
  return table;
}

TEST(EstimateTextTest, ShowsAnIntervalWhereThereIsOne) {
  EXPECT_EQ(EstimateText({.value = 1.25}, 1), "1.2");
  EXPECT_EQ(EstimateText({.value = 10, .interval = rl::Interval{.low = 9, .high = 12}}, 1),
            "10.0 [9.0, 12.0]");
}

TEST(CountTextTest, OneIsNotMany) {
  EXPECT_EQ(CountText(1, "seed"), "1 seed");
  EXPECT_EQ(CountText(0, "seed"), "0 seeds");
}

TEST(TableTextTest, MarkdownMarksTheHighestMeanOfARow) {
  const std::string text = TableMarkdown(Tiny());
  EXPECT_THAT(text, HasSubstr("# A tiny table\n"));
  EXPECT_THAT(text, HasSubstr("12 of 12 cells"));
  EXPECT_THAT(text,
              HasSubstr("| walker_walk@rnd | **457.0 [456.0, 458.0]** | 357.0 [356.0, 358.0] |"));
  EXPECT_THAT(text, HasSubstr("| walker_walk@rnd | at | 407.0 | 457.0 | 409.5 | 407.0, 457.0 |"));
}

TEST(TableTextTest, LatexEscapesNames) {
  EXPECT_THAT(TableLatex(Tiny()), HasSubstr("walker\\_walk, rnd & \\textbf{457.0}"));
}

TEST(TableTextTest, AMissingCellIsADash) {
  std::vector<CellResult> cells = tests::TinyCells();
  std::erase_if(cells, [](const CellResult& cell) {
    return cell.cell.row.task == "walker_walk" && cell.cell.method == "bc";
  });
  const TableFigures table = WorkOut(tests::TinyRecipe(), cells);
  EXPECT_THAT(TableMarkdown(table), HasSubstr("**457.0 [456.0, 458.0]** | – |"));
  EXPECT_THAT(TableLatex(table), HasSubstr("& -- \\\\"));
}

TEST(TableTextTest, CsvHasALinePerRowMethodAndProtocol) {
  const std::string text = TableCsv(Tiny());
  EXPECT_EQ(std::ranges::count(text, '\n'), 1 + 2 * 2 * 4);
  EXPECT_THAT(text,
              HasSubstr("walker_walk,rnd,at,max,3,457.0000,456.0000,458.0000,557.0000,557.0000,"
                        "0.457000,0.456000,0.458000,409.5000,"));
}

TEST(TableTextTest, ScoresCanBeWorkedWithElsewhere) {
  const std::string text = ScoresCsv(Tiny());
  EXPECT_EQ(std::ranges::count(text, '\n'), 1 + 2 * 2 * 4 * 3);
  EXPECT_THAT(text, HasSubstr("walker_walk,rnd,at,last,2,457.000000,0.457000000\n"));
  EXPECT_THAT(CostsCsv(Tiny()), HasSubstr("at,6,0.150,1.50,512\n"));
}

}  // namespace
}  // namespace experiments
