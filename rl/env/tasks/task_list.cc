#include "rl/env/tasks/task_list.h"

#include "datasets/catalog.h"
#include "rl/env/model_builder.h"
#include "rl/env/tasks/cartpole.h"
#include "rl/env/tasks/cheetah.h"
#include "rl/env/tasks/cheetah_model.h"
#include "rl/env/tasks/jaco.h"
#include "rl/env/tasks/jaco_model.h"
#include "rl/env/tasks/point_mass_maze.h"
#include "rl/env/tasks/point_mass_maze_model.h"
#include "rl/env/tasks/quadruped.h"
#include "rl/env/tasks/quadruped_model.h"
#include "rl/env/tasks/walker.h"

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace rl {
namespace {

ModelPtr BuildCartpole(const std::filesystem::path& assets, const ModelOptions& options) {
  return BuildModel(assets / "suite/cartpole.xml", options);
}

ModelPtr BuildWalker(const std::filesystem::path& assets, const ModelOptions& options) {
  return BuildModel(assets / "suite/walker.xml", options);
}

// Substeps and episode lengths follow dm_control's suite (control_timestep, time_limit). A domain
// whose tasks differ in the ground that is drawn has an entry per ground.
constexpr DomainEntry kCartpole = {
    .name = "cartpole", .build = BuildCartpole, .num_substeps = 1, .episode_steps = 1000};
constexpr DomainEntry kCheetah = {
    .name = "cheetah", .build = BuildCheetah, .num_substeps = 1, .episode_steps = 1000};
constexpr DomainEntry kCheetahOnLongGround = {
    .name = "cheetah", .build = BuildCheetahOnLongGround, .num_substeps = 1, .episode_steps = 1000};
constexpr DomainEntry kJaco = {
    .name = "jaco", .build = BuildJacoModel, .num_substeps = 20, .episode_steps = 250};
constexpr DomainEntry kPointMassMaze = {.name = "point_mass_maze",
                                        .build = BuildPointMassMazeModel,
                                        .num_substeps = 1,
                                        .episode_steps = 1000};
constexpr DomainEntry kQuadruped = {
    .name = "quadruped", .build = BuildQuadruped, .num_substeps = 4, .episode_steps = 1000};
constexpr DomainEntry kQuadrupedOnWideFloor = {.name = "quadruped",
                                               .build = BuildQuadrupedOnWideFloor,
                                               .num_substeps = 4,
                                               .episode_steps = 1000};
constexpr DomainEntry kWalker = {
    .name = "walker", .build = BuildWalker, .num_substeps = 10, .episode_steps = 1000};

constexpr std::array kTasks{
    TaskEntry{"cartpole_balance", &kCartpole, MakeCartpoleBalance},
    TaskEntry{"cartpole_balance_sparse", &kCartpole, MakeCartpoleBalanceSparse},
    TaskEntry{"cartpole_swingup", &kCartpole, MakeCartpoleSwingup},
    TaskEntry{"cartpole_swingup_sparse", &kCartpole, MakeCartpoleSwingupSparse},
    TaskEntry{"cheetah_run", &kCheetah, MakeCheetahRun},
    TaskEntry{"cheetah_run_backward", &kCheetahOnLongGround, MakeCheetahRunBackward},
    TaskEntry{"jaco_reach_top_left", &kJaco, MakeJacoReachTopLeft},
    TaskEntry{"jaco_reach_top_right", &kJaco, MakeJacoReachTopRight},
    TaskEntry{"jaco_reach_bottom_left", &kJaco, MakeJacoReachBottomLeft},
    TaskEntry{"jaco_reach_bottom_right", &kJaco, MakeJacoReachBottomRight},
    TaskEntry{"point_mass_maze_reach_top_left", &kPointMassMaze, MakeMazeReachTopLeft},
    TaskEntry{"point_mass_maze_reach_top_right", &kPointMassMaze, MakeMazeReachTopRight},
    TaskEntry{"point_mass_maze_reach_bottom_left", &kPointMassMaze, MakeMazeReachBottomLeft},
    TaskEntry{"point_mass_maze_reach_bottom_right", &kPointMassMaze, MakeMazeReachBottomRight},
    TaskEntry{"quadruped_walk", &kQuadruped, MakeQuadrupedWalk},
    TaskEntry{"quadruped_run", &kQuadrupedOnWideFloor, MakeQuadrupedRun},
    TaskEntry{"quadruped_stand", &kQuadruped, MakeQuadrupedStand},
    TaskEntry{"quadruped_jump", &kQuadruped, MakeQuadrupedJump},
    TaskEntry{"walker_stand", &kWalker, MakeWalkerStand},
    TaskEntry{"walker_walk", &kWalker, MakeWalkerWalk},
    TaskEntry{"walker_run", &kWalker, MakeWalkerRun},
    TaskEntry{"walker_flip", &kWalker, MakeWalkerFlip},
};

}  // namespace

std::span<const TaskEntry> TaskList() { return kTasks; }

const TaskEntry& FindTaskEntry(std::string_view name) {
  std::string names;
  std::vector<std::string_view> known;
  for (const TaskEntry& entry : kTasks) {
    if (entry.name == name) return entry;
    names += (names.empty() ? "" : ", ") + std::string(entry.name);
    known.push_back(entry.name);
  }
  throw std::invalid_argument(
      "no environment for task '" + std::string(name) + "'; did you mean '" +
      std::string(datasets::NearestMatch(name, known)) + "'? There are: " + names);
}

ModelPtr BuildTaskModel(const TaskEntry& entry, const std::filesystem::path& assets,
                        const ModelOptions& options) {
  ModelPtr model = entry.domain->build(assets, options);
  entry.make(*model)->MarkTarget(*model);
  return model;
}

}  // namespace rl
