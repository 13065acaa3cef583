#include "rl/env/environment.h"

#include "rl/env/model_builder.h"
#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "rl/env/task.h"
#include "rl/env/tasks/task_list.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace rl {
namespace {

ActionScaling MakeScaling(const mjModel& model) {
  ActionScaling scaling;
  for (int i = 0; i < static_cast<int>(model.nu); ++i) {
    const auto low = static_cast<float>(model.actuator_ctrlrange[2 * i]);
    const auto high = static_cast<float>(model.actuator_ctrlrange[2 * i + 1]);
    scaling.low.push_back(low);
    scaling.scale.push_back((high - low) / 2.0f);
  }
  return scaling;
}

void CheckAction(std::span<const float> action, int action_dim) {
  if (action.size() != static_cast<size_t>(action_dim)) {
    throw std::invalid_argument("an action has " + std::to_string(action.size()) +
                                " elements, the environment takes " + std::to_string(action_dim));
  }
  for (size_t i = 0; i < action.size(); ++i) {
    if (!std::isfinite(action[i])) {
      throw std::invalid_argument("action " + std::to_string(i) + " is " +
                                  std::to_string(action[i]) + "; actions must be finite");
    }
  }
}

}  // namespace

SharedTask LoadTask(const std::string& task, const std::filesystem::path& assets) {
  const TaskEntry& entry = FindTaskEntry(task);
  const DomainEntry& domain = *entry.domain;
  SharedTask shared;
  shared.models =
      std::make_shared<const PhysicsModels>(BuildTaskModel(entry, assets, {}), domain.num_substeps);
  const mjModel& model = shared.models->full();
  shared.task = entry.make(model);
  shared.scaling = MakeScaling(model);
  shared.spec = {.task = task,
                 .observation_dim = shared.task->observation_dim(),
                 .action_dim = static_cast<int>(model.nu),
                 .physics_dim = static_cast<int>(model.nq + model.nv + model.na),
                 .position_dim = static_cast<int>(model.nq),
                 .velocity_dim = static_cast<int>(model.nv),
                 .integration_dim = mj_stateSize(&model, mjSTATE_INTEGRATION),
                 .episode_steps = domain.episode_steps,
                 .control_timestep = shared.models->control_timestep()};
  return shared;
}

Environment::Environment(SharedTask shared)
    : shared_(std::move(shared)),
      physics_(std::make_unique<Physics>(shared_.models)),
      control_(static_cast<size_t>(shared_.spec.action_dim)),
      observation_(static_cast<size_t>(shared_.spec.observation_dim)) {}

Environment::Environment(Environment&&) noexcept = default;
Environment& Environment::operator=(Environment&&) noexcept = default;
Environment::~Environment() = default;

void Environment::Reset(uint64_t seed) {
  Random random(seed);
  physics_->Reset();
  shared_.task->InitializeEpisode(*physics_, random);
  physics_->StartClock();
  physics_->UpdateUnactuated();
  step_ = 0;
  running_ = true;
}

StepResult Environment::Step(std::span<const float> action) {
  if (!running_) throw std::logic_error("Environment::Step without a running episode; Reset first");
  CheckAction(action, spec().action_dim);
  shared_.scaling.Apply(action, control_);
  physics_->SetControl(control_);
  running_ = false;  // should MuJoCo throw, only a reset makes the simulation usable again
  physics_->Step();
  ++step_;
  const bool diverged = physics_->diverged();
  running_ = !diverged && step_ < spec().episode_steps;
  return {.reward = diverged ? 0.0 : Reward(), .last = !running_, .diverged = diverged};
}

void Environment::Observe(std::span<double> observation) const {
  if (observation.size() != observation_.size()) {
    throw std::invalid_argument("an observation has " + std::to_string(observation_.size()) +
                                " elements, room was given for " +
                                std::to_string(observation.size()));
  }
  shared_.task->Observe(*physics_, observation);
}

void Environment::Observe(std::span<float> observation) {
  if (observation.size() != observation_.size()) {
    throw std::invalid_argument("an observation has " + std::to_string(observation_.size()) +
                                " elements, room was given for " +
                                std::to_string(observation.size()));
  }
  shared_.task->Observe(*physics_, observation_);
  std::transform(observation_.begin(), observation_.end(), observation.begin(),
                 [](double value) { return static_cast<float>(value); });
}

double Environment::Reward() const { return shared_.task->Reward(*physics_); }

std::unique_ptr<Environment> MakeEnvironment(const std::string& task,
                                             const std::filesystem::path& assets) {
  return std::make_unique<Environment>(LoadTask(task, assets));
}

}  // namespace rl
