// A point mass pushed about a square arena that a cross of two walls divides into four rooms.
//
// Every episode starts in the room at the top left; the four tasks pay for being at a point in one
// of the rooms. ExoRL's published maze data is said to carry the rewards of all four side by side,
// which is what relabelling with all four tasks writes here, a column each.
#ifndef RL_ENV_TASKS_POINT_MASS_MAZE_H_
#define RL_ENV_TASKS_POINT_MASS_MAZE_H_

#include "rl/env/task.h"

#include <memory>

namespace rl {

std::unique_ptr<Task> MakeMazeReachTopLeft(const mjModel& model);
std::unique_ptr<Task> MakeMazeReachTopRight(const mjModel& model);
std::unique_ptr<Task> MakeMazeReachBottomLeft(const mjModel& model);
std::unique_ptr<Task> MakeMazeReachBottomRight(const mjModel& model);

}  // namespace rl

#endif  // RL_ENV_TASKS_POINT_MASS_MAZE_H_
