// Small episodes of random numbers, and the attributes of a dataset of them.
#ifndef TESTS_DATASETS_TINY_EPISODES_H_
#define TESTS_DATASETS_TINY_EPISODES_H_

#include "datasets/episode_store.h"

#include <cstdint>
#include <random>
#include <vector>

namespace tests {

// Cartpole's own sizes, so that the catalog agrees.
inline datasets::DatasetAttributes TinyAttributes() {
  datasets::DatasetAttributes attributes;
  attributes.domain = "cartpole";
  attributes.collector = "rnd";
  attributes.task = "cartpole_swingup";
  attributes.sources = "made by a test";
  attributes.observation_dim = 5;
  attributes.action_dim = 1;
  attributes.physics_dim = 4;
  return attributes;
}

template <class T>
std::vector<T> UniformNumbers(int64_t count, std::mt19937_64& random) {
  std::uniform_real_distribution<T> uniform(-1, 1);
  std::vector<T> numbers(static_cast<size_t>(count));
  for (T& number : numbers) number = uniform(random);
  return numbers;
}

// An episode that ends by its time limit, with every column filled.
inline datasets::Episode TinyEpisode(int64_t num_steps, uint64_t seed) {
  std::mt19937_64 random(seed);
  const datasets::DatasetAttributes sizes = TinyAttributes();
  const int64_t rows = num_steps + 1;
  datasets::Episode episode;
  episode.num_steps = num_steps;
  episode.source_index = static_cast<int64_t>(seed);
  episode.observations = UniformNumbers<float>(rows * sizes.observation_dim, random);
  episode.actions = UniformNumbers<float>(num_steps * sizes.action_dim, random);
  episode.rewards = UniformNumbers<float>(num_steps, random);
  episode.terminations.assign(static_cast<size_t>(num_steps), 0);
  episode.truncations.assign(static_cast<size_t>(num_steps), 0);
  episode.truncations.back() = 1;
  episode.physics = UniformNumbers<double>(rows * sizes.physics_dim, random);
  episode.discounts.assign(static_cast<size_t>(rows), 1);
  std::vector<float>& collected = episode.task_rewards[datasets::kCollectedReward];
  collected = {0};
  collected.insert(collected.end(), episode.rewards.begin(), episode.rewards.end());
  return episode;
}

}  // namespace tests

#endif  // TESTS_DATASETS_TINY_EPISODES_H_
