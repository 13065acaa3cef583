// Datasets small enough to know by heart.
#ifndef TESTS_RL_AGENTS_TINY_EPISODES_H_
#define TESTS_RL_AGENTS_TINY_EPISODES_H_

#include "datasets/episode_tensors.h"

#include <cstdint>
#include <vector>

namespace rl {

// One episode per list of rewards. Observation (o of O) of step t in episode i is 100 i + 10 o + t,
// action (a of A) is (100 i + 10 a + t) / 1000: every number tells where it came from.
datasets::EpisodeTensors LabelledEpisodes(const std::vector<std::vector<float>>& rewards,
                                          int64_t observation_dim, int64_t action_dim);

// Episodes of the given lengths with observations uniform in [-1, 1], actions that are a smooth
// function of the observation (so that imitation can succeed), rewards uniform in [0, 1].
datasets::EpisodeTensors RandomEpisodes(const std::vector<int64_t>& num_steps, uint64_t seed);

}  // namespace rl

#endif  // TESTS_RL_AGENTS_TINY_EPISODES_H_
