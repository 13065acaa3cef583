#include "rl/env/physics_batch.h"

#include "rl/env/physics.h"
#include "rl/env/thread_pool.h"

#include <stdexcept>

namespace rl {

PhysicsBatch::PhysicsBatch(const VectorEnvironmentOptions& options)
    : shared_(LoadTask(options.task, options.assets)),
      pool_(std::make_unique<ThreadPool>(options.num_threads)) {
  if (options.num_environments < 1) {
    throw std::invalid_argument("the number of environments must be 1 or more, not " +
                                std::to_string(options.num_environments));
  }
  for (int i = 0; i < options.num_environments; ++i) environments_.emplace_back(shared_);
  controls_.resize(environments_.size() * static_cast<size_t>(spec().action_dim));
}

PhysicsBatch::~PhysicsBatch() = default;

void PhysicsBatch::Reset(uint64_t first_seed) {
  pool_->ForEach(static_cast<int64_t>(environments_.size()), [&](int64_t i) {
    environments_[static_cast<size_t>(i)].Reset(first_seed + static_cast<uint64_t>(i));
  });
}

void PhysicsBatch::Step(std::span<const float> actions) {
  const auto width = static_cast<size_t>(spec().action_dim);
  if (actions.size() != controls_.size()) {
    throw std::invalid_argument("the array of actions has " + std::to_string(actions.size()) +
                                " elements, the batch needs " + std::to_string(controls_.size()));
  }
  pool_->ForEach(static_cast<int64_t>(environments_.size()), [&](int64_t index) {
    const auto i = static_cast<size_t>(index);
    const std::span control = std::span(controls_).subspan(i * width, width);
    shared_.scaling.Apply(actions.subspan(i * width, width), control);
    Physics& physics = environments_[i].physics();
    physics.SetControl(control);
    physics.Step();
  });
}

void PhysicsBatch::GetStates(std::span<double> states) const {
  const auto width = static_cast<size_t>(spec().physics_dim);
  for (size_t i = 0; i < environments_.size(); ++i) {
    environments_[i].physics().GetState(states.subspan(i * width, width));
  }
}

}  // namespace rl
