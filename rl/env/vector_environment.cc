#include "rl/env/vector_environment.h"

#include "rl/env/physics.h"
#include "rl/env/thread_pool.h"

#include <algorithm>
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

}  // namespace

VectorEnvironment::VectorEnvironment(const VectorEnvironmentOptions& options) {
  if (options.num_environments < 1) {
    throw std::invalid_argument("the number of environments must be 1 or more, not " +
                                std::to_string(options.num_environments));
  }
  pool_ = std::make_unique<ThreadPool>(options.num_threads);
  const SharedTask shared = LoadTask(options.task, options.assets);
  const auto count = static_cast<size_t>(options.num_environments);
  environments_.reserve(count);
  for (size_t i = 0; i < count; ++i) environments_.emplace_back(shared);
  over_.assign(count, 1);
  diverged_.assign(count, 0);
}

VectorEnvironment::~VectorEnvironment() = default;

const EnvironmentSpec& VectorEnvironment::spec() const { return environments_.front().spec(); }

void VectorEnvironment::Reset(std::span<const uint64_t> seeds, std::span<float> observations) {
  const size_t count = environments_.size();
  const auto observation_dim = static_cast<size_t>(spec().observation_dim);
  CheckSize(seeds.size(), count, "the array of seeds");
  CheckSize(observations.size(), count * observation_dim, "the array of observations");
  pool_->ForEach(static_cast<int64_t>(count), [&](int64_t index) {
    const auto i = static_cast<size_t>(index);
    ResetOne(static_cast<int>(index), seeds[i],
             observations.subspan(i * observation_dim, observation_dim));
  });
}

void VectorEnvironment::ResetOne(int index, uint64_t seed, std::span<float> observation) {
  const auto i = static_cast<size_t>(index);
  environments_.at(i).Reset(seed);
  environments_[i].Observe(observation);
  over_[i] = 0;
  diverged_[i] = 0;
}

void VectorEnvironment::Step(std::span<const float> actions, std::span<float> observations,
                             std::span<float> rewards, std::span<uint8_t> last) {
  const size_t count = environments_.size();
  const auto observation_dim = static_cast<size_t>(spec().observation_dim);
  const auto action_dim = static_cast<size_t>(spec().action_dim);
  CheckSize(actions.size(), count * action_dim, "the array of actions");
  CheckSize(observations.size(), count * observation_dim, "the array of observations");
  CheckSize(rewards.size(), count, "the array of rewards");
  CheckSize(last.size(), count, "the array of last flags");
  pool_->ForEach(static_cast<int64_t>(count), [&](int64_t index) {
    const auto i = static_cast<size_t>(index);
    if (over_[i]) {
      rewards[i] = 0;
      last[i] = 1;
      return;
    }
    const StepResult result = environments_[i].Step(actions.subspan(i * action_dim, action_dim));
    environments_[i].Observe(observations.subspan(i * observation_dim, observation_dim));
    rewards[i] = static_cast<float>(result.reward);
    last[i] = over_[i] = result.last;
    diverged_[i] = result.diverged;
  });
}

}  // namespace rl
