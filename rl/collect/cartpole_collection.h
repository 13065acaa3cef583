// A small cartpole dataset made from nothing, in seconds: swing-ups of every quality.
//
// Episodes are driven by a classical controller (cartpole_controller.h) of rising competence, so
// that like an exploration run the data starts poor and ends good: returns span from near 0 to
// the controller's best.
#ifndef RL_COLLECT_CARTPOLE_COLLECTION_H_
#define RL_COLLECT_CARTPOLE_COLLECTION_H_

#include "datasets/episode.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace rl {

struct CartpoleCollectionOptions {
  std::filesystem::path assets;  // the dm_control folder
  int num_episodes = 100;        // competence rises evenly from 0 to 1 over them
  uint64_t seed = 0;
  int num_threads = 1;  // does not change the episodes
};

// Episodes of cartpole_swingup with physics and rewards, in order of competence.
// Throws std::invalid_argument for counts below 1.
std::vector<datasets::Episode> CollectCartpole(const CartpoleCollectionOptions& options);

}  // namespace rl

#endif  // RL_COLLECT_CARTPOLE_COLLECTION_H_
