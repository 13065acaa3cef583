#include "rl/collect/cartpole_collection.h"

#include "rl/collect/cartpole_controller.h"
#include "rl/env/environment.h"
#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "rl/env/thread_pool.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace rl {
namespace {

constexpr double kLargestActionNoise = 0.3;

// Seeds of episode i, unlike those of other episodes and of other collections.
uint64_t EpisodeSeed(uint64_t seed, int64_t index) {
  return std::mt19937_64(seed ^ (0x9E3779B97F4A7C15ULL * static_cast<uint64_t>(index + 1)))();
}

datasets::Episode AllocateEpisode(const EnvironmentSpec& spec) {
  const auto num_steps = static_cast<size_t>(spec.episode_steps);
  datasets::Episode episode;
  episode.num_steps = spec.episode_steps;
  episode.observations.resize((num_steps + 1) * static_cast<size_t>(spec.observation_dim));
  episode.actions.resize(num_steps * static_cast<size_t>(spec.action_dim));
  episode.rewards.resize(num_steps);
  episode.terminations.assign(num_steps, 0);
  episode.truncations.assign(num_steps, 0);
  episode.truncations.back() = 1;
  episode.physics.resize((num_steps + 1) * static_cast<size_t>(spec.physics_dim));
  episode.discounts.assign(num_steps + 1, 1.0f);
  return episode;
}

datasets::Episode Rollout(Environment& environment, CartpoleController& controller, uint64_t seed) {
  const EnvironmentSpec& spec = environment.spec();
  const auto observation_dim = static_cast<size_t>(spec.observation_dim);
  const auto physics_dim = static_cast<size_t>(spec.physics_dim);
  datasets::Episode episode = AllocateEpisode(spec);
  const auto record_state = [&](size_t row) {
    const std::span<float> observations(episode.observations);
    const std::span<double> physics(episode.physics);
    environment.Observe(observations.subspan(row * observation_dim, observation_dim));
    environment.physics().GetState(physics.subspan(row * physics_dim, physics_dim));
  };
  environment.Reset(seed);
  record_state(0);
  for (size_t step = 0; step < episode.rewards.size(); ++step) {
    const std::span<const float> observations(episode.observations);
    episode.actions[step] =
        controller.Act(observations.subspan(step * observation_dim, observation_dim));
    const StepResult result = environment.Step({&episode.actions[step], 1});
    if (result.diverged) throw std::logic_error("the cartpole's simulation diverged");
    episode.rewards[step] = static_cast<float>(result.reward);
    record_state(step + 1);
  }
  return episode;
}

}  // namespace

std::vector<datasets::Episode> CollectCartpole(const CartpoleCollectionOptions& options) {
  if (options.num_episodes < 1) {
    throw std::invalid_argument("the number of episodes must be 1 or more, not " +
                                std::to_string(options.num_episodes));
  }
  const SharedTask shared = LoadTask("cartpole_swingup", options.assets);
  std::vector<datasets::Episode> episodes(static_cast<size_t>(options.num_episodes));
  ThreadPool pool(options.num_threads);
  pool.ForEach(options.num_episodes, [&](int64_t index) {
    const uint64_t seed = EpisodeSeed(options.seed, index);
    Random random(seed);
    const CartpoleControllerOptions controller_options = {
        .competence = (static_cast<double>(index) + random.Uniform(0, 1)) / options.num_episodes,
        .action_noise = random.Uniform(0, kLargestActionNoise)};
    CartpoleController controller(controller_options, seed + 1);
    Environment environment(shared);
    datasets::Episode& episode = episodes[static_cast<size_t>(index)];
    episode = Rollout(environment, controller, seed + 2);
    episode.source_index = index;
  });
  return episodes;
}

}  // namespace rl
