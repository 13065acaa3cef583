#include "rl/env/tasks/cheetah.h"

#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "rl/env/tolerance.h"

#include <algorithm>

namespace rl {
namespace {

// dm_control 1.0.50, suite/cheetah.py; run_backward: exorl a3fb07a, custom_dmc_tasks/cheetah.py.
constexpr double kRunSpeed = 10.0;  // m/s
constexpr int kSettlingSteps = 200;

class Cheetah final : public Task {
 public:
  // `direction` is 1 to be paid for running forward, -1 for running backward.
  Cheetah(const mjModel& model, double direction)
      : num_positions_(static_cast<int>(model.nq)),
        num_velocities_(static_cast<int>(model.nv)),
        velocity_sensor_(Physics::SensorAddress(model, "torso_subtreelinvel")),
        direction_(direction) {}

  int observation_dim() const override { return num_positions_ - 1 + num_velocities_; }

  void InitializeEpisode(Physics& physics, Random& random) const override;
  void Observe(const Physics& physics, std::span<double> observation) const override;
  double Reward(const Physics& physics) const override;

 private:
  int num_positions_, num_velocities_, velocity_sensor_;
  double direction_;
};

// Follows Cheetah.initialize_episode: limited joints anywhere in their range, then two seconds
// without action in which the animal drops to the ground.
void Cheetah::InitializeEpisode(Physics& physics, Random& random) const {
  const mjModel& model = physics.model();
  for (int joint = 0; joint < static_cast<int>(model.njnt); ++joint) {
    if (!model.jnt_limited[joint]) continue;
    physics.mutable_positions()[static_cast<size_t>(model.jnt_qposadr[joint])] =
        random.Uniform(model.jnt_range[2 * joint], model.jnt_range[2 * joint + 1]);
  }
  physics.Advance(kSettlingSteps);
}

// Follows Cheetah.get_observation: all positions but the horizontal one, then all velocities.
void Cheetah::Observe(const Physics& physics, std::span<double> observation) const {
  const auto positions = physics.positions().subspan(1);
  const auto rest = std::copy(positions.begin(), positions.end(), observation.begin());
  std::copy(physics.velocities().begin(), physics.velocities().end(), rest);
}

// Follows Cheetah.get_reward.
//   reward  1 at or above 10 m/s of the centre of mass in the task's direction, 0 at rest (linear)
double Cheetah::Reward(const Physics& physics) const {
  return Tolerance(direction_ * physics.Sensor(velocity_sensor_, kX), {kRunSpeed, kUnbounded},
                   {.margin = kRunSpeed, .falloff = Falloff::kLinear, .value_at_margin = 0});
}

}  // namespace

std::unique_ptr<Task> MakeCheetahRun(const mjModel& model) {
  return std::make_unique<Cheetah>(model, 1.0);
}

std::unique_ptr<Task> MakeCheetahRunBackward(const mjModel& model) {
  return std::make_unique<Cheetah>(model, -1.0);
}

}  // namespace rl
