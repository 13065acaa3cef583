#include "rl/env/tasks/cartpole.h"

#include "rl/env/physics.h"
#include "rl/env/random.h"
#include "rl/env/tolerance.h"

#include <numbers>

namespace rl {
namespace {

// dm_control 1.0.50, suite/cartpole.py.
constexpr Bounds kCenteredRange = {-0.25, 0.25};  // sparse: cart position, m
constexpr Bounds kUprightCosines = {0.995, 1.0};  // sparse: cosine of the pole's angle

enum class Start { kUpright, kHanging };
enum class Payment { kDense, kSparse };

class Cartpole final : public Task {
 public:
  Cartpole(const mjModel& model, Start start, Payment payment)
      : pole_(Physics::BodyId(model, "pole_1")),
        slider_(static_cast<size_t>(Physics::PositionAddress(model, "slider"))),
        hinge_(static_cast<size_t>(Physics::PositionAddress(model, "hinge_1"))),
        hinge_velocity_(static_cast<size_t>(Physics::VelocityAddress(model, "hinge_1"))),
        num_velocities_(static_cast<int>(model.nv)),
        start_(start),
        payment_(payment) {}

  int observation_dim() const override { return 3 + num_velocities_; }

  void InitializeEpisode(Physics& physics, Random& random) const override;
  void Observe(const Physics& physics, std::span<double> observation) const override;
  double Reward(const Physics& physics) const override;
  Kinematics kinematics() const override { return Kinematics::kFrames; }

 private:
  double DenseReward(const Physics& physics) const;
  double SparseReward(const Physics& physics) const;
  double PoleCosine(const Physics& physics) const { return physics.BodyDirection(pole_, kZ, kZ); }

  int pole_;
  size_t slider_, hinge_, hinge_velocity_;
  int num_velocities_;
  Start start_;
  Payment payment_;
};

// Follows Balance.initialize_episode: the cart near the middle, the pole near upright or hanging,
// everything nearly at rest.
void Cartpole::InitializeEpisode(Physics& physics, Random& random) const {
  const auto positions = physics.mutable_positions();
  if (start_ == Start::kHanging) {
    positions[slider_] = 0.01 * random.Normal();
    positions[hinge_] = std::numbers::pi + 0.01 * random.Normal();
  } else {
    positions[slider_] = random.Uniform(-0.1, 0.1);
    positions[hinge_] = random.Uniform(-0.034, 0.034);
  }
  for (double& velocity : physics.mutable_velocities()) velocity = 0.01 * random.Normal();
}

// Follows Physics.bounded_position (cart position, the pole's cosine and sine) and
// Balance.get_observation (then all velocities).
void Cartpole::Observe(const Physics& physics, std::span<double> observation) const {
  auto out = observation.begin();
  *out++ = physics.positions()[slider_];
  *out++ = PoleCosine(physics);
  *out++ = physics.BodyDirection(pole_, kX, kZ);
  for (const double velocity : physics.velocities()) *out++ = velocity;
}

double Cartpole::Reward(const Physics& physics) const {
  return payment_ == Payment::kDense ? DenseReward(physics) : SparseReward(physics);
}

// Follows Balance._get_reward, dense: a product of
//   upright         1 with the pole up, 0 with it down
//   small control   1 at no control, 0.8 at full control (quadratic)
//   small velocity  1 at rest, 0.55 at 5 rad/s of the pole (gaussian)
//   centered        1 in the middle, 0.55 at 2 m from it (gaussian)
double Cartpole::DenseReward(const Physics& physics) const {
  const double upright = (PoleCosine(physics) + 1) / 2;
  const double centered = (1 + Tolerance(physics.positions()[slider_], {}, {.margin = 2})) / 2;
  const double small_control =
      (4 + Tolerance(physics.control()[0], {},
                     {.margin = 1, .falloff = Falloff::kQuadratic, .value_at_margin = 0})) /
      5;
  const double small_velocity =
      (1 + Tolerance(physics.velocities()[hinge_velocity_], {}, {.margin = 5})) / 2;
  return upright * small_control * small_velocity * centered;
}

// Follows Balance._get_reward, sparse: 1 with the cart near the middle and the pole near upright.
double Cartpole::SparseReward(const Physics& physics) const {
  const double centered = Tolerance(physics.positions()[slider_], kCenteredRange);
  return centered * Tolerance(PoleCosine(physics), kUprightCosines);
}

}  // namespace

std::unique_ptr<Task> MakeCartpoleBalance(const mjModel& model) {
  return std::make_unique<Cartpole>(model, Start::kUpright, Payment::kDense);
}

std::unique_ptr<Task> MakeCartpoleBalanceSparse(const mjModel& model) {
  return std::make_unique<Cartpole>(model, Start::kUpright, Payment::kSparse);
}

std::unique_ptr<Task> MakeCartpoleSwingup(const mjModel& model) {
  return std::make_unique<Cartpole>(model, Start::kHanging, Payment::kDense);
}

std::unique_ptr<Task> MakeCartpoleSwingupSparse(const mjModel& model) {
  return std::make_unique<Cartpole>(model, Start::kHanging, Payment::kSparse);
}

}  // namespace rl
