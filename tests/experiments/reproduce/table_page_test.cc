#include "experiments/reproduce/table_page.h"

#include "tests/experiments/reproduce/tiny_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const TableFigures& Tiny() {
  static const TableFigures table = WorkOut(tests::TinyRecipe(), tests::TinyCells());
  return table;
}

TEST(TablePageTest, ShowsTheTableAndWhatItRestsOn) {
  const std::string page = TablePage(Tiny());
  EXPECT_THAT(page,
              HasSubstr("<strong>457.0</strong><small class=\"interval\">456.0 – 458.0</small>"));
  EXPECT_THAT(page, HasSubstr("independent 409.5"));
  EXPECT_THAT(page, HasSubstr(std::string(64, 'a')));
  EXPECT_THAT(page, HasSubstr("0.1.0 (abc)"));
  EXPECT_THAT(page, Not(HasSubstr("src=\"http")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

// Everything that differs between two machines that computed the same is in one section.
TEST(TablePageTest, CostsAreInTheLastSectionOnly) {
  TableFigures slower = Tiny();
  for (CostFigures& costs : slower.costs) costs.hours *= 2;
  slower.machines = {"Another CPU"};
  const auto without_costs = [](const std::string& page) {
    const size_t begin = page.find("<section id=\"costs\">");
    return page.substr(0, begin) + page.substr(page.find("</section>", begin));
  };
  EXPECT_NE(TablePage(slower), TablePage(Tiny()));
  EXPECT_EQ(without_costs(TablePage(slower)), without_costs(TablePage(Tiny())));
}

TEST(TablePageTest, EscapesNames) {
  TableFigures table = Tiny();
  table.title = "<b>";
  EXPECT_THAT(TablePage(table), Not(HasSubstr("<b>")));
}

}  // namespace
}  // namespace experiments
