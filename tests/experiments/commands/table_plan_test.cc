#include "experiments/commands/table_plan.h"

#include "experiments/locations.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>

namespace experiments {
namespace {

TEST(TablePlanTest, ThePapersTableHasItsOomsAndItsRing) {
  const TableRecipe recipe = ReadTableRecipe(RecipeFolder() / "exorl" / "paper");
  const nlohmann::json rows = TablePlanRows(
      recipe,
      {.only = "walker_walk,,1", .rates = {.flops_per_second = 1e14, .bytes_per_second = 1e11}});
  std::map<std::string, nlohmann::json> by_method;
  for (const auto& row : rows) by_method[row.at("method")] = row;
  ASSERT_EQ(by_method.size(), recipe.methods.size());
  EXPECT_EQ(by_method.at("at_128").at("tokens"), 512000);
  EXPECT_FALSE(by_method.at("at_128").at("fits")) << by_method.at("at_128");
  EXPECT_TRUE(by_method.at("at_128_ring").at("fits")) << by_method.at("at_128_ring");
  EXPECT_TRUE(by_method.at("bc").at("fits"));
}

TEST(TablePlanTest, EveryCellOfTheShippedTablesCanBePlanned) {
  for (const char* scale : {"smoke", "laptop"}) {
    const TableRecipe recipe = ReadTableRecipe(RecipeFolder() / "exorl" / scale);
    const nlohmann::json rows =
        TablePlanRows(recipe, {.rates = {.flops_per_second = 1e11, .bytes_per_second = 1e10}});
    EXPECT_EQ(rows.size(), Cells(recipe).size()) << scale;
    for (const auto& row : rows) {
      EXPECT_GT(row.at("parameters"), 0) << row;
      EXPECT_GT(row.at("hours"), 0.0) << row;
      EXPECT_TRUE(row.at("fits")) << row;
    }
  }
}

}  // namespace
}  // namespace experiments
