#include "rl/env/rollout_file.h"

#include "datasets/npz.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <stdexcept>
#include <string>

namespace rl {
namespace {

using datasets::NpyArray;
using datasets::NpzArchive;

struct StatePart {
  const char* key;
  int begin;  // first column in a physics state
  int width;
};

std::array<StatePart, 3> StateParts(const EnvironmentSpec& spec) {
  const int moving = spec.position_dim + spec.velocity_dim;
  return {{{"qpos", 0, spec.position_dim},
           {"qvel", spec.position_dim, spec.velocity_dim},
           {"act", moving, spec.physics_dim - moving}}};
}

[[noreturn]] void Refuse(const NpzArchive& archive, const std::string& key,
                         const std::string& what) {
  throw std::invalid_argument(archive.name() + ": " + key + " " + what);
}

// The values of an array of the given shape, as doubles; nothing when the archive lacks it.
std::vector<double> ReadArray(const NpzArchive& archive, const std::string& key,
                              const std::vector<int64_t>& shape) {
  if (!archive.Has(key)) return {};
  const NpyArray array = archive.Read(key);
  if (array.shape != shape) {
    Refuse(archive, key,
           "has shape " + datasets::ShapeText(array.shape) +
               " where the task and the actions need " + datasets::ShapeText(shape));
  }
  if (array.type == datasets::ElementType::kFloat32) {
    const auto values = array.Values<float>();
    return {values.begin(), values.end()};
  }
  if (array.type != datasets::ElementType::kFloat64) Refuse(archive, key, "must be float64");
  const auto values = array.Values<double>();
  return {values.begin(), values.end()};
}

void RequireFinite(const NpzArchive& archive, const std::string& key,
                   std::span<const double> values, int64_t values_per_episode) {
  const auto bad = std::find_if_not(values.begin(), values.end(),
                                    [](double value) { return std::isfinite(value); });
  if (bad == values.end()) return;
  Refuse(archive, key,
         "is not finite in episode " +
             std::to_string((bad - values.begin()) / std::max<int64_t>(values_per_episode, 1)));
}

// Joins qpos, qvel and act into physics states; nothing when qpos or qvel is not there.
std::vector<double> ReadPhysics(const NpzArchive& archive, const EnvironmentSpec& spec,
                                int64_t num_episodes, int64_t num_steps) {
  const int64_t num_rows = num_episodes * (num_steps + 1);
  std::vector<double> physics(static_cast<size_t>(num_rows * spec.physics_dim));
  for (const StatePart& part : StateParts(spec)) {
    if (part.width == 0) continue;
    const auto values = ReadArray(archive, part.key, {num_episodes, num_steps + 1, part.width});
    if (values.empty()) return {};
    for (int64_t row = 0; row < num_rows; ++row) {
      std::copy_n(values.begin() + row * part.width, part.width,
                  physics.begin() + row * spec.physics_dim + part.begin);
    }
  }
  return physics;
}

void RequireInitialStates(const NpzArchive& archive, const EnvironmentSpec& spec,
                          const Rollouts& rollouts) {
  if (!rollouts.integration_states.empty()) {
    RequireFinite(archive, "integration_state0", rollouts.integration_states, spec.integration_dim);
    return;
  }
  if (rollouts.physics.empty()) {
    throw std::invalid_argument(archive.name() +
                                " has no initial state; it needs integration_state0, or qpos, "
                                "qvel and (with activations) act");
  }
  const int64_t per_episode = (rollouts.num_steps + 1) * spec.physics_dim;
  for (int64_t episode = 0; episode < rollouts.num_episodes; ++episode) {
    const auto first_row = std::span(rollouts.physics)
                               .subspan(static_cast<size_t>(episode * per_episode),
                                        static_cast<size_t>(spec.physics_dim));
    if (!std::all_of(first_row.begin(), first_row.end(),
                     [](double value) { return std::isfinite(value); })) {
      Refuse(archive, "initial state", "is not finite in episode " + std::to_string(episode));
    }
  }
}

}  // namespace

Rollouts ReadRollouts(const std::filesystem::path& path, const EnvironmentSpec& spec) {
  const NpzArchive archive = NpzArchive::Open(path);
  const NpyArray action = archive.Read("action");
  if (action.shape.size() != 3 || action.shape[2] != spec.action_dim) {
    Refuse(archive, "action",
           "has shape " + datasets::ShapeText(action.shape) + " where " + spec.task +
               " needs (episodes, steps, " + std::to_string(spec.action_dim) + ")");
  }
  Rollouts rollouts;
  const int64_t num_episodes = rollouts.num_episodes = action.shape[0];
  const int64_t num_steps = rollouts.num_steps = action.shape[1];
  rollouts.actions = ReadArray(archive, "action", action.shape);
  RequireFinite(archive, "action", rollouts.actions, num_steps * spec.action_dim);
  rollouts.integration_states =
      ReadArray(archive, "integration_state0", {num_episodes, spec.integration_dim});
  rollouts.physics = ReadPhysics(archive, spec, num_episodes, num_steps);
  RequireInitialStates(archive, spec, rollouts);
  rollouts.observations =
      ReadArray(archive, "obs64", {num_episodes, num_steps + 1, spec.observation_dim});
  rollouts.rewards = ReadArray(archive, "reward", {num_episodes, num_steps + 1});
  return rollouts;
}

void WriteRollouts(const std::filesystem::path& path, const EnvironmentSpec& spec,
                   const Rollouts& rollouts) {
  const int64_t episodes = rollouts.num_episodes, rows = rollouts.num_steps + 1;
  datasets::NpzWriter writer(path);
  const auto add = [&](const std::string& key, const std::vector<double>& values,
                       std::vector<int64_t> shape) {
    if (!values.empty()) writer.Add(key, NpyArray::Of<double>(values, std::move(shape)));
  };
  add("action", rollouts.actions, {episodes, rollouts.num_steps, spec.action_dim});
  add("integration_state0", rollouts.integration_states, {episodes, spec.integration_dim});
  if (!rollouts.physics.empty()) {
    for (const StatePart& part : StateParts(spec)) {
      std::vector<double> values;
      for (int64_t row = 0; row < episodes * rows; ++row) {
        const auto begin = rollouts.physics.begin() + row * spec.physics_dim + part.begin;
        values.insert(values.end(), begin, begin + part.width);
      }
      writer.Add(part.key, NpyArray::Of<double>(values, {episodes, rows, part.width}));
    }
  }
  if (!rollouts.observations.empty()) {
    const std::vector<float> narrow(rollouts.observations.begin(), rollouts.observations.end());
    add("obs64", rollouts.observations, {episodes, rows, spec.observation_dim});
    writer.Add("obs32", NpyArray::Of<float>(narrow, {episodes, rows, spec.observation_dim}));
  }
  add("reward", rollouts.rewards, {episodes, rows});
  writer.Finish();
}

}  // namespace rl
