#include "rl/env/vector_environment.h"

#include "ring/kernel/counter_hash.h"
#include "rl/env/physics.h"
#include "rl/env/thread_pool.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace rl {
namespace {

void CheckSize(size_t given, size_t expected, const char* what) {
  if (given != expected) {
    throw std::invalid_argument(std::string(what) + " has " + std::to_string(given) +
                                " elements, the vector environment needs " +
                                std::to_string(expected));
  }
}

// Row `index` of a row-major array.
template <class T>
std::span<T> Row(std::span<T> array, size_t index, int width) {
  return array.subspan(index * static_cast<size_t>(width), static_cast<size_t>(width));
}

}  // namespace

VectorEnvironment::VectorEnvironment(const VectorEnvironmentOptions& options)
    : auto_reset_(options.auto_reset) {
  if (options.num_environments < 1) {
    throw std::invalid_argument("the number of environments must be 1 or more, not " +
                                std::to_string(options.num_environments));
  }
  pool_ = std::make_unique<ThreadPool>(options.num_threads);
  const SharedTask shared = LoadTask(options.task, options.assets);
  const auto count = static_cast<size_t>(options.num_environments);
  environments_.reserve(count);
  for (size_t i = 0; i < count; ++i) environments_.emplace_back(shared);
  slots_.resize(count);
  diverged_.assign(count, 0);
  terminal_observations_.assign(count * static_cast<size_t>(spec().observation_dim), 0.0f);
}

VectorEnvironment::~VectorEnvironment() = default;

const EnvironmentSpec& VectorEnvironment::spec() const { return environments_.front().spec(); }

PhysicsWarnings VectorEnvironment::warnings() const {
  PhysicsWarnings sum;
  for (const Environment& environment : environments_) sum += environment.physics().warnings();
  return sum;
}

// Output number `episode` of SplitMix64 from the seed: near seeds and near episodes give unrelated
// numbers.
uint64_t VectorEnvironment::EpisodeSeed(uint64_t seed, uint64_t episode) {
  constexpr uint64_t kIncrement = 0x9E3779B97F4A7C15u;
  return episode == 0 ? seed : ring::Scramble64(seed + (episode - 1) * kIncrement);
}

std::span<const float> VectorEnvironment::terminal_observation(int index) const {
  return Row(std::span<const float>(terminal_observations_), static_cast<size_t>(index),
             spec().observation_dim);
}

void VectorEnvironment::Reset(std::span<const uint64_t> seeds, std::span<float> observations) {
  const size_t count = environments_.size();
  CheckSize(seeds.size(), count, "the array of seeds");
  CheckSize(observations.size(), count * static_cast<size_t>(spec().observation_dim),
            "the array of observations");
  pool_->ForEach(static_cast<int64_t>(count), [&](int64_t index) {
    const auto i = static_cast<size_t>(index);
    ResetOne(static_cast<int>(index), seeds[i], Row(observations, i, spec().observation_dim));
  });
}

void VectorEnvironment::ResetOne(int index, uint64_t seed, std::span<float> observation) {
  const auto i = static_cast<size_t>(index);
  environments_.at(i).Reset(seed);
  environments_[i].Observe(observation);
  slots_[i] = {.seed = seed, .episode = 0, .over = false};
  diverged_[i] = 0;
}

void VectorEnvironment::StartNextEpisode(size_t index, std::span<float> observation) {
  Slot& slot = slots_[index];
  ++slot.episode;
  environments_[index].Reset(EpisodeSeed(slot.seed, slot.episode));
  environments_[index].Observe(observation);
  slot.over = false;
}

void VectorEnvironment::Step(std::span<const float> actions, std::span<float> observations,
                             std::span<float> rewards, std::span<uint8_t> last) {
  const size_t count = environments_.size();
  const int observation_dim = spec().observation_dim;
  const int action_dim = spec().action_dim;
  CheckSize(actions.size(), count * static_cast<size_t>(action_dim), "the array of actions");
  CheckSize(observations.size(), count * static_cast<size_t>(observation_dim),
            "the array of observations");
  CheckSize(rewards.size(), count, "the array of rewards");
  CheckSize(last.size(), count, "the array of last flags");
  CheckActions(actions);
  pool_->ForEach(static_cast<int64_t>(count), [&](int64_t index) {
    const auto i = static_cast<size_t>(index);
    StepOne(i, Row(actions, i, action_dim), Row(observations, i, observation_dim), rewards[i],
            last[i]);
  });
}

void VectorEnvironment::CheckActions(std::span<const float> actions) const {
  const auto action_dim = static_cast<size_t>(spec().action_dim);
  for (size_t i = 0; i < actions.size(); ++i) {
    if (std::isfinite(actions[i]) || slots_[i / action_dim].over) continue;
    throw std::invalid_argument("action " + std::to_string(i % action_dim) + " of environment " +
                                std::to_string(i / action_dim) + " is " +
                                std::to_string(actions[i]) +
                                "; actions must be finite (no environment was stepped)");
  }
}

void VectorEnvironment::StepOne(size_t index, std::span<const float> action,
                                std::span<float> observation, float& reward, uint8_t& last) {
  Slot& slot = slots_[index];
  if (slot.over) {
    const bool restart = auto_reset_ != AutoReset::kNever;
    if (restart) {
      diverged_[index] = 0;
      StartNextEpisode(index, observation);
    }
    reward = 0;
    last = !restart;
    return;
  }
  Environment& environment = environments_[index];
  const StepResult result = environment.Step(action);
  environment.Observe(observation);
  reward = static_cast<float>(result.reward);
  last = slot.over = result.last;
  diverged_[index] = result.diverged;
  if (!result.last) return;
  std::copy(
      observation.begin(), observation.end(),
      terminal_observations_.begin() + static_cast<std::ptrdiff_t>(index * observation.size()));
  if (auto_reset_ == AutoReset::kSameStep) StartNextEpisode(index, observation);
}

}  // namespace rl
