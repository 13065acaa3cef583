#include "experiments/reproduce/table_recipe.h"

#include "experiments/locations.h"
#include "experiments/options/usage_error.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace experiments {
namespace {

class TableRecipeTest : public ::testing::Test {
 protected:
  TableRecipeTest() {
    Write("table",
          "title = Two by two\nrow = walker_walk@rnd   # mixed\nrow = cartpole_swingup@controller\n"
          "methods = at,bc\nseeds = 1,7\nepisodes = 30\n");
    for (const char* name : {"common", "at", "bc"}) Write(name, "");
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / (name + ".cfg")) << text;
  }
  TableRecipe Read() const { return ReadTableRecipe(folder_.path()); }

  tests::TemporaryFolder folder_;
};

std::vector<std::string> Names(const std::vector<Cell>& cells) {
  std::vector<std::string> names;
  for (const Cell& cell : cells) names.push_back(cell.name());
  return names;
}

TEST_F(TableRecipeTest, ListsTheFirstSeedOfEveryCellFirst) {
  EXPECT_THAT(Names(Cells(Read())),
              ::testing::ElementsAre("walker_walk.rnd.at.s1", "walker_walk.rnd.bc.s1",
                                     "cartpole_swingup.controller.at.s1",
                                     "cartpole_swingup.controller.bc.s1", "walker_walk.rnd.at.s7",
                                     "walker_walk.rnd.bc.s7", "cartpole_swingup.controller.at.s7",
                                     "cartpole_swingup.controller.bc.s7"));
}

TEST_F(TableRecipeTest, OnlyChoosesByTaskMethodAndSeed) {
  const TableRecipe recipe = Read();
  EXPECT_EQ(ChosenCells(recipe, "").size(), 8u);
  EXPECT_EQ(ChosenCells(recipe, "walker_walk").size(), 4u);
  EXPECT_EQ(ChosenCells(recipe, "walker_walk@rnd,,7").size(), 2u);
  EXPECT_THAT(Names(ChosenCells(recipe, ",bc,1")),
              ::testing::ElementsAre("walker_walk.rnd.bc.s1", "cartpole_swingup.controller.bc.s1"));
  EXPECT_THROW(ChosenCells(recipe, "walker_walk@proto"), UsageError);
  EXPECT_THROW(ChosenCells(recipe, "a,b,c,d"), UsageError);
}

TEST_F(TableRecipeTest, NamesWhatIsWrong) {
  Write("table", "row = walker_walk\nmethods = at\nseeds = 1\n");
  EXPECT_THROW(Read(), std::invalid_argument);
  Write("table", "row = walker_wlak@rnd\nmethods = at\nseeds = 1\n");
  EXPECT_THROW(Read(), std::invalid_argument);
  Write("table", "row = walker_walk@controller\nmethods = at\nseeds = 1\n");
  EXPECT_THROW(Read(), std::invalid_argument);
  Write("table", "row = walker_walk@rnd\nmethods = at\nseeds = one\n");
  EXPECT_THROW(Read(), std::invalid_argument);
  Write("table", "row = walker_walk@rnd\nmethods = at,dt\nseeds = 1\n");
  try {
    Read();
    FAIL() << "dt.cfg does not exist";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("dt.cfg"));
  }
  Write("table", "rows = walker_walk@rnd\n");
  EXPECT_THROW(Read(), UsageError);
}

TEST_F(TableRecipeTest, AnotherOptionOfAMethodIsAnotherTable) {
  const nlohmann::json before = ToJson(Read());
  Write("bc", "train.steps = 5\n");
  EXPECT_NE(ToJson(Read()), before);
}

TEST(ShippedTablesTest, CanBeRead) {
  for (const char* scale : {"smoke", "laptop", "paper"}) {
    const TableRecipe recipe = ReadTableRecipe(RecipeFolder() / "exorl" / scale);
    EXPECT_FALSE(recipe.title.empty()) << scale;
    EXPECT_FALSE(Cells(recipe).empty()) << scale;
  }
}

}  // namespace
}  // namespace experiments
