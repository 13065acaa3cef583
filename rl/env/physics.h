// One simulated mechanism: its state, its control, and time passing in dm_control's order.
//
// An observation and a reward read positions and velocities of the *present* state, while
// mj_step leaves them one step behind. dm_control therefore closes each control step with the
// position and velocity stage (mj_step1) and opens the next with the rest (mj_step2); golden
// trajectories agree bit for bit only in this order.
//
// Liberties are taken, all bit-identical to the plain order and held so by a test:
//   - constraint islands are not searched for: every model here is a single island;
//   - the substeps inside a control step run on a twin model without sensors, which nobody reads
//     there; so does the last one unless a sensor reads accelerations;
//   - which geoms may touch is listed once (contact_pairs.h), not searched for in every step;
//   - the energy, which nobody reads, is not computed;
//   - where dm_control repeats the position and velocity stage at the start of a Runge-Kutta step,
//     their results, still there, are used.
#ifndef RL_ENV_PHYSICS_H_
#define RL_ENV_PHYSICS_H_

#include "rl/env/mujoco_handles.h"
#include "rl/env/physics_warnings.h"
#include "rl/env/task.h"

#include <memory>
#include <span>
#include <string>

namespace rl {

class ContactPairs;

enum class StepVariant {
  kFast,   // the liberties above
  kPlain,  // MuJoCo as dm_control calls it; the oracle of the other
};

// The compiled models behind every simulation of one mechanism: never written after construction,
// shared by all threads. A control step is `num_substeps` physics steps long.
class PhysicsModels {
 public:
  PhysicsModels(ModelPtr model, int num_substeps, StepVariant variant = StepVariant::kFast);
  ~PhysicsModels();

  // The mechanism, to look things up in. The others are twins of it, for stepping alone: MuJoCo
  // finds no names in them.
  const mjModel& full() const { return *full_; }
  const mjModel& outer() const { return *outer_; }  // for what is read after a control step
  const mjModel& inner() const { return *inner_; }  // for substeps: without sensors
  const mjModel& last() const { return *last_; }    // for the last substep: one of the two above
  const mjModel& unactuated() const { return *unactuated_; }  // actuators without effect
  int num_substeps() const { return num_substeps_; }
  bool keeps_stages() const { return keeps_stages_; }  // a step starts from the stages left to it
  double control_timestep() const { return full_->opt.timestep * num_substeps_; }  // seconds

 private:
  std::unique_ptr<ContactPairs> contact_pairs_;  // the models refer to it
  ModelPtr full_, outer_, inner_, unactuated_;
  const mjModel* last_;
  int num_substeps_;
  bool keeps_stages_;
};

enum Axis { kX, kY, kZ };

// Not safe for use by two threads at once; any number of objects may share one PhysicsModels.
class Physics {
 public:
  explicit Physics(std::shared_ptr<const PhysicsModels> models);

  const PhysicsModels& models() const { return *models_; }
  const mjModel& model() const { return models_->full(); }
  // MuJoCo's own record of this simulation, for what the accessors below do not cover.
  const mjData& data() const { return *data_; }
  mjData& mutable_data() { return *data_; }
  int action_dim() const { return static_cast<int>(model().nu); }
  int state_dim() const;              // positions, velocities, activations
  int integration_state_dim() const;  // all that the next step depends on, warm start included

  // Back to the model's initial state, control zero, nothing diverged.
  void Reset();

  // The state as ExoRL stores it: qpos, qvel, act. After setting it, one of the two updates below
  // is due before anything derived is read. Throws std::invalid_argument on another length.
  void SetState(std::span<const double> state);
  void GetState(std::span<double> state) const;

  // Everything up to date, as at the start of an episode: with actuators disabled, for there is no
  // action yet.
  void UpdateUnactuated();

  // Only what depends on positions and velocities, as far as `stage`: all that rewards read, many
  // times faster.
  void UpdateKinematics(Kinematics stage = Kinematics::kVelocities);

  // MuJoCo's full integration state (mjSTATE_INTEGRATION): continuing from it is exact.
  // Setting it brings everything up to date.
  void SetIntegrationState(std::span<const double> state);
  void GetIntegrationState(std::span<double> state) const;

  // The control that the next Step() applies, in the actuators' own units. Throws
  // std::invalid_argument when a value is not finite: MuJoCo would read it as 0 and go on.
  void SetControl(std::span<const double> control);

  // One control step. When the simulation blows up MuJoCo puts the state back to the initial one
  // and goes on; diverged() then stays true until Reset().
  void Step();

  // Physics steps without regard to control steps, in the same order; how an episode's start lets
  // a mechanism settle. StartClock() then makes this moment time 0.
  void Advance(int num_physics_steps);
  void StartClock() { data_->time = 0; }

  bool diverged() const { return diverged_; }

  // All that MuJoCo warned of since construction; a Reset() leaves them.
  const PhysicsWarnings& warnings() const { return warnings_; }

  // Ids and addresses of named elements, looked up once and then used with the accessors below.
  // They throw std::logic_error for a name the model lacks.
  static int BodyId(const mjModel& model, const std::string& name);
  static int GeomId(const mjModel& model, const std::string& name);
  static int SiteId(const mjModel& model, const std::string& name);
  static int JointId(const mjModel& model, const std::string& name);
  static int ActuatorId(const mjModel& model, const std::string& name);
  static int PositionAddress(const mjModel& model, const std::string& joint);
  static int VelocityAddress(const mjModel& model, const std::string& joint);
  static int SensorAddress(const mjModel& model, const std::string& sensor);

  double BodyPosition(int body, Axis axis) const { return data_->xpos[3 * body + axis]; }
  // The `axis` component of the body's own `body_axis`, both in world coordinates.
  double BodyDirection(int body, Axis axis, Axis body_axis) const {
    return data_->xmat[9 * body + 3 * axis + body_axis];
  }
  double SitePosition(int site, Axis axis) const { return data_->site_xpos[3 * site + axis]; }
  double GeomPosition(int geom, Axis axis) const { return data_->geom_xpos[3 * geom + axis]; }
  double AngularMomentum(int body, Axis axis) const {
    return data_->subtree_angmom[3 * body + axis];
  }
  double Sensor(int address, int component) const { return data_->sensordata[address + component]; }
  std::span<const double> positions() const;
  std::span<const double> velocities() const;
  std::span<const double> activations() const;
  std::span<const double> control() const;
  std::span<double> mutable_positions();
  std::span<double> mutable_velocities();

 private:
  void FirstStep(const mjModel& model);
  void TakeWarnings();

  std::shared_ptr<const PhysicsModels> models_;
  DataPtr data_;
  bool diverged_ = false;
  PhysicsWarnings warnings_;
};

}  // namespace rl

#endif  // RL_ENV_PHYSICS_H_
