#include "experiments/locations.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace experiments {
namespace {

TEST(LocationsTest, AreThoseOfTheBuildUnlessTheEnvironmentSaysOtherwise) {
  unsetenv("RINGRL_ASSETS");
  unsetenv("RINGRL_RECIPES");
  EXPECT_TRUE(std::filesystem::exists(AssetFolder() / "suite" / "walker.xml"));
  EXPECT_TRUE(std::filesystem::exists(RecipeFolder() / "quickstart.cfg"));
  setenv("RINGRL_ASSETS", "/a", 1);
  setenv("RINGRL_RECIPES", "/r", 1);
  EXPECT_EQ(AssetFolder(), "/a");
  EXPECT_EQ(RecipeFolder(), "/r");
  setenv("RINGRL_ASSETS", "", 1);  // empty counts as unset
  EXPECT_TRUE(std::filesystem::exists(AssetFolder()));
  unsetenv("RINGRL_ASSETS");
  unsetenv("RINGRL_RECIPES");
}

}  // namespace
}  // namespace experiments
