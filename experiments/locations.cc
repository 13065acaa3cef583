#include "experiments/locations.h"

#include <cstdlib>

namespace experiments {
namespace {

std::filesystem::path EnvironmentOr(const char* variable, const char* built_in) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : built_in;
}

}  // namespace

std::filesystem::path AssetFolder() { return EnvironmentOr("RINGRL_ASSETS", RINGRL_ASSET_FOLDER); }

std::filesystem::path RecipeFolder() {
  return EnvironmentOr("RINGRL_RECIPES", RINGRL_RECIPE_FOLDER);
}

}  // namespace experiments
