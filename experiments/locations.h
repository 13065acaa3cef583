// Where the files lie that the program reads but does not contain. The one place that knows paths
// from the build; an environment variable overrides each, for an installation that has moved.
#ifndef EXPERIMENTS_LOCATIONS_H_
#define EXPERIMENTS_LOCATIONS_H_

#include <filesystem>

namespace experiments {

// The dm_control folder with the tasks' model files (suite/walker.xml). RINGRL_ASSETS overrides.
std::filesystem::path AssetFolder();

// The folder of recipes (*.cfg). RINGRL_RECIPES overrides.
std::filesystem::path RecipeFolder();

}  // namespace experiments

#endif  // EXPERIMENTS_LOCATIONS_H_
