// One reset-to-last record, the unit of storage, and the row conventions of its columns.
//
// An episode of T steps has T + 1 observations: the reset's and one after each step.
//
//   observation   0        1        2              T
//   action            0        1         ...  T-1      action t leads from observation t to t + 1
//   reward            0        1         ...  T-1      reward t is what action t earned
//
// ExoRL files put the action and the reward on the row of the observation they led to, and fill
// row 0, the reset, with a zero action, reward 0 and discount 1. Columns kept in that convention
// (discounts, task_rewards, physics) have T + 1 rows here as well and say so.
//
// Letters: T steps, O observation, A action, P physics state.
#ifndef DATASETS_EPISODE_H_
#define DATASETS_EPISODE_H_

#include "datasets/npy.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace datasets {

// The name under which `Episode::task_rewards` keeps an ExoRL file's own reward array.
inline constexpr char kCollectedReward[] = "collected";

struct Episode {
  int64_t num_steps = 0;  // T
  // Number in the source's file name, or -1.
  int64_t source_index = -1;

  std::vector<float> observations;    // (T+1, O)
  std::vector<float> actions;         // (T, A) in [-1, 1]
  std::vector<float> rewards;         // (T), of the collection task
  std::vector<uint8_t> terminations;  // (T), 1 where the task ended: no future reward
  std::vector<uint8_t> truncations;   // (T), 1 where the time limit cut: future reward unseen

  std::vector<double> physics;  // (T+1, P) qpos, qvel, act; or empty
  // (T+1), row 0 is the reset's 1; or empty: 1 wherever the task did not end
  std::vector<float> discounts;

  // Rewards by task, (T+1) each in ExoRL's rows. Under kCollectedReward the source's own reward
  // array, verbatim, where it is more than `rewards` after the reset's 0: (T+1), or (T+1, 4) for
  // mazes collected with one reward per target.
  std::map<std::string, std::vector<float>> task_rewards;

  // Arrays the source held beyond these (a skill collector's `skill`, say), verbatim.
  std::map<std::string, NpyArray> extras;

  bool operator==(const Episode&) const = default;
};

}  // namespace datasets

#endif  // DATASETS_EPISODE_H_
