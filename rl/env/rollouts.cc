#include "rl/env/rollouts.h"

#include "rl/env/physics.h"
#include "rl/env/task.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <utility>

namespace rl {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Row `index` of a row-major array whose rows are `width` long.
template <class T>
std::span<T> Row(std::vector<T>& array, int64_t index, int width) {
  return std::span<T>(array).subspan(static_cast<size_t>(index * width),
                                     static_cast<size_t>(width));
}

template <class T>
std::span<const T> Row(const std::vector<T>& array, int64_t index, int width) {
  return std::span<const T>(array).subspan(static_cast<size_t>(index * width),
                                           static_cast<size_t>(width));
}

// One episode at a time, written into the arrays of the result.
class Replayer {
 public:
  Replayer(const SharedTask& shared, const Rollouts& recorded)
      : shared_(shared),
        recorded_(recorded),
        physics_(shared.models),
        action_(static_cast<size_t>(shared.spec.action_dim)),
        control_(static_cast<size_t>(shared.spec.action_dim)) {
    const auto rows = static_cast<size_t>(recorded.num_episodes * (recorded.num_steps + 1));
    Rollouts& out = result_.rollouts;
    out = {.num_episodes = recorded.num_episodes,
           .num_steps = recorded.num_steps,
           .actions = recorded.actions,
           .integration_states = recorded.integration_states};
    out.physics.assign(rows * static_cast<size_t>(shared.spec.physics_dim), kNaN);
    out.observations.assign(rows * static_cast<size_t>(shared.spec.observation_dim), kNaN);
    out.rewards.assign(rows, kNaN);
    result_.diverged_steps.assign(static_cast<size_t>(recorded.num_episodes), -1);
  }

  void ReplayEpisode(int64_t episode) {
    Start(episode);
    const int64_t first_row = episode * (recorded_.num_steps + 1);
    Record(first_row, /*reward=*/0);
    for (int64_t step = 0; step < recorded_.num_steps; ++step) {
      const auto action =
          Row(recorded_.actions, episode * recorded_.num_steps + step, shared_.spec.action_dim);
      std::transform(action.begin(), action.end(), action_.begin(),
                     [](double value) { return static_cast<float>(value); });
      shared_.scaling.Apply(action_, control_);
      physics_.SetControl(control_);
      physics_.Step();
      if (physics_.diverged()) {
        result_.diverged_steps[static_cast<size_t>(episode)] = step;
        return;
      }
      Record(first_row + step + 1, shared_.task->Reward(physics_));
    }
  }

  ReplayResult TakeResult() {
    result_.warnings = physics_.warnings();
    return std::move(result_);
  }

 private:
  void Start(int64_t episode) {
    physics_.Reset();
    if (!recorded_.integration_states.empty()) {
      physics_.SetIntegrationState(
          Row(recorded_.integration_states, episode, shared_.spec.integration_dim));
    } else {
      const int64_t first_row = episode * (recorded_.num_steps + 1);
      physics_.SetState(Row(recorded_.physics, first_row, shared_.spec.physics_dim));
      physics_.UpdateUnactuated();
    }
  }

  void Record(int64_t row, double reward) {
    Rollouts& out = result_.rollouts;
    physics_.GetState(Row(out.physics, row, shared_.spec.physics_dim));
    shared_.task->Observe(physics_, Row(out.observations, row, shared_.spec.observation_dim));
    out.rewards[static_cast<size_t>(row)] = reward;
  }

  const SharedTask& shared_;
  const Rollouts& recorded_;
  Physics physics_;
  std::vector<float> action_;
  std::vector<double> control_;
  ReplayResult result_;
};

double Distance(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double distance = std::abs(a - b);
  return std::isnan(distance) ? std::numeric_limits<double>::infinity() : distance;
}

struct ArrayDifference {
  double max_abs = 0;
  int64_t num_different = 0;
};

// Compares one episode of two arrays that hold `num_episodes` of equal size.
ArrayDifference CompareArrays(const std::vector<double>& a, const std::vector<double>& b,
                              int64_t num_episodes, int64_t episode) {
  if (a.empty() || a.size() != b.size()) {
    throw std::logic_error("rollouts to compare must have arrays of equal shape");
  }
  const size_t size = a.size() / static_cast<size_t>(num_episodes);
  const size_t begin = static_cast<size_t>(episode) * size;
  ArrayDifference difference;
  for (size_t i = begin; i < begin + size; ++i) {
    const double distance = Distance(a[i], b[i]);
    difference.max_abs = std::max(difference.max_abs, distance);
    difference.num_different += distance != 0;
  }
  return difference;
}

}  // namespace

ReplayResult Replay(const SharedTask& shared, const Rollouts& recorded) {
  Replayer replayer(shared, recorded);
  for (int64_t episode = 0; episode < recorded.num_episodes; ++episode) {
    replayer.ReplayEpisode(episode);
  }
  return replayer.TakeResult();
}

RolloutDifference Compare(const Rollouts& a, const Rollouts& b, int64_t episode) {
  const int64_t episodes = a.num_episodes;
  const auto physics = CompareArrays(a.physics, b.physics, episodes, episode);
  return {.max_abs_observation =
              CompareArrays(a.observations, b.observations, episodes, episode).max_abs,
          .max_abs_reward = CompareArrays(a.rewards, b.rewards, episodes, episode).max_abs,
          .max_abs_physics = physics.max_abs,
          .num_different_physics = physics.num_different};
}

}  // namespace rl
