#include "rl/env/physics.h"

#include "rl/env/contact_pairs.h"
#include "rl/env/mujoco_error.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace rl {
namespace {

ModelPtr CopyWithout(const mjModel& model, int disable_flags) {
  ModelPtr copy(mj_copyModel(nullptr, &model));
  if (!copy) throw std::runtime_error("MuJoCo could not copy a model: out of memory");
  copy->opt.disableflags |= disable_flags;
  return copy;
}

int NamedId(const mjModel& model, mjtObj type, const char* kind, const std::string& name) {
  const int id = mj_name2id(&model, type, name.c_str());
  if (id < 0) throw std::logic_error(std::string("the model has no ") + kind + " named " + name);
  return id;
}

void CheckLength(size_t given, int expected, const char* what) {
  if (given != static_cast<size_t>(expected)) {
    throw std::invalid_argument(std::string(what) + " has " + std::to_string(given) +
                                " elements, the model needs " + std::to_string(expected));
  }
}

// True where some sensor reads accelerations, which only the last physics step before it leaves.
bool ReadsAccelerations(const mjModel& model) {
  return std::any_of(model.sensor_needstage, model.sensor_needstage + model.nsensor,
                     [](int stage) { return stage == mjSTAGE_ACC; });
}

// MuJoCo's sizes are 64-bit, its indices 32-bit; every model here is small.
size_t Size(mjtSize size) { return static_cast<size_t>(size); }

}  // namespace

PhysicsModels::PhysicsModels(ModelPtr model, int num_substeps, StepVariant variant)
    : full_(std::move(model)), num_substeps_(num_substeps) {
  if (num_substeps < 1) throw std::invalid_argument("a control step needs a physics step or more");
  const bool fast = variant == StepVariant::kFast;
  if (fast) {
    full_->opt.disableflags |= mjDSBL_ISLAND;
    full_->opt.enableflags &= ~mjENBL_ENERGY;
  }
  outer_ = CopyWithout(*full_, 0);
  inner_ = CopyWithout(*full_, fast ? mjDSBL_SENSOR : 0);
  unactuated_ = CopyWithout(*full_, mjDSBL_ACTUATION);
  last_ = !fast || ReadsAccelerations(*full_) ? outer_.get() : inner_.get();
  keeps_stages_ = fast;
  if (!fast) return;
  contact_pairs_ = std::make_unique<ContactPairs>(*full_);
  for (mjModel* each : {outer_.get(), inner_.get(), unactuated_.get()}) {
    contact_pairs_->Install(*each);
  }
}

PhysicsModels::~PhysicsModels() = default;

Physics::Physics(std::shared_ptr<const PhysicsModels> models) : models_(std::move(models)) {
  RouteMujocoMessages();
  data_.reset(mj_makeData(&models_->full()));
  if (!data_) throw std::runtime_error("MuJoCo could not allocate a simulation: out of memory");
  Reset();
}

int Physics::state_dim() const { return static_cast<int>(model().nq + model().nv + model().na); }

int Physics::integration_state_dim() const { return mj_stateSize(&model(), mjSTATE_INTEGRATION); }

void Physics::Reset() {
  mj_resetData(&model(), data_.get());  // clears the warning counters as well
  diverged_ = false;
  UpdateUnactuated();
}

void Physics::SetState(std::span<const double> state) {
  CheckLength(state.size(), state_dim(), "physics state");
  const double* source = state.data();
  std::copy_n(source, model().nq, data_->qpos);
  std::copy_n(source + model().nq, model().nv, data_->qvel);
  std::copy_n(source + model().nq + model().nv, model().na, data_->act);
}

void Physics::GetState(std::span<double> state) const {
  CheckLength(state.size(), state_dim(), "physics state");
  double* target = std::copy_n(data_->qpos, model().nq, state.data());
  target = std::copy_n(data_->qvel, model().nv, target);
  std::copy_n(data_->act, model().na, target);
}

void Physics::UpdateUnactuated() { mj_forward(&models_->unactuated(), data_.get()); }

void Physics::UpdateKinematics(Kinematics stage) {
  // The stages of mj_forward that position and velocity sensors rest on, without collisions,
  // inertia and forces.
  const mjModel* mj_model = &model();
  mj_kinematics(mj_model, data_.get());
  if (stage == Kinematics::kFrames) return;
  mj_comPos(mj_model, data_.get());
  mj_sensorPos(mj_model, data_.get());
  mj_comVel(mj_model, data_.get());
  mj_subtreeVel(mj_model, data_.get());  // sensors take it as done once it was done in this state
  mj_sensorVel(mj_model, data_.get());
}

void Physics::SetIntegrationState(std::span<const double> state) {
  CheckLength(state.size(), integration_state_dim(), "integration state");
  mj_setState(&model(), data_.get(), state.data(), mjSTATE_INTEGRATION);
  UpdateUnactuated();  // acceleration sensors, which mj_step1 does not compute
  // The update above left its own warm start behind; the next step must find the one given.
  mj_setState(&model(), data_.get(), state.data(), mjSTATE_INTEGRATION);
  mj_step1(&models_->outer(), data_.get());
}

void Physics::GetIntegrationState(std::span<double> state) const {
  CheckLength(state.size(), integration_state_dim(), "integration state");
  mj_getState(&model(), data_.get(), state.data(), mjSTATE_INTEGRATION);
}

void Physics::SetControl(std::span<const double> control) {
  CheckLength(control.size(), action_dim(), "control");
  for (size_t i = 0; i < control.size(); ++i) {
    if (!std::isfinite(control[i])) {
      throw std::invalid_argument("control " + std::to_string(i) + " is " +
                                  std::to_string(control[i]) + "; it must be finite");
    }
  }
  std::copy(control.begin(), control.end(), data_->ctrl);
}

void Physics::Step() { Advance(models_->num_substeps()); }

void Physics::Advance(int num_physics_steps) {
  for (int i = 0; i < num_physics_steps; ++i) {
    const mjModel& model = i + 1 < num_physics_steps ? models_->inner() : models_->last();
    if (i == 0) {
      FirstStep(model);
    } else {
      mj_step(&model, data_.get());
    }
  }
  mj_step1(&models_->outer(), data_.get());
  TakeWarnings();
}

// Positions and velocities have gone through their stages already.
void Physics::FirstStep(const mjModel& model) {
  if (model.opt.integrator != mjINT_RK4) {
    mj_step2(&model, data_.get());
  } else if (models_->keeps_stages()) {
    // mj_step without the stages that mj_step1 has just gone through; mj_step2 knows Euler alone.
    mj_forwardSkip(&model, data_.get(), mjSTAGE_VEL, /*skipsensor=*/0);
    mj_checkAcc(&model, data_.get());
    mj_RungeKutta(&model, data_.get(), 4);
  } else {
    mj_step(&model, data_.get());
  }
}

void Physics::TakeWarnings() {
  for (size_t i = 0; i < kNumWarningKinds; ++i) {
    int& number = data_->warning[i].number;
    if (number == 0) continue;
    warnings_.counts[i] += number;
    if (MeansDivergence(static_cast<WarningKind>(i))) diverged_ = true;
    number = 0;
  }
}

int Physics::BodyId(const mjModel& model, const std::string& name) {
  return NamedId(model, mjOBJ_BODY, "body", name);
}

int Physics::GeomId(const mjModel& model, const std::string& name) {
  return NamedId(model, mjOBJ_GEOM, "geom", name);
}

int Physics::SiteId(const mjModel& model, const std::string& name) {
  return NamedId(model, mjOBJ_SITE, "site", name);
}

int Physics::JointId(const mjModel& model, const std::string& name) {
  return NamedId(model, mjOBJ_JOINT, "joint", name);
}

int Physics::ActuatorId(const mjModel& model, const std::string& name) {
  return NamedId(model, mjOBJ_ACTUATOR, "actuator", name);
}

int Physics::PositionAddress(const mjModel& model, const std::string& joint) {
  return model.jnt_qposadr[JointId(model, joint)];
}

int Physics::VelocityAddress(const mjModel& model, const std::string& joint) {
  return model.jnt_dofadr[JointId(model, joint)];
}

int Physics::SensorAddress(const mjModel& model, const std::string& sensor) {
  return model.sensor_adr[NamedId(model, mjOBJ_SENSOR, "sensor", sensor)];
}

std::span<const double> Physics::positions() const { return {data_->qpos, Size(model().nq)}; }
std::span<const double> Physics::velocities() const { return {data_->qvel, Size(model().nv)}; }
std::span<const double> Physics::activations() const { return {data_->act, Size(model().na)}; }
std::span<const double> Physics::control() const { return {data_->ctrl, Size(model().nu)}; }
std::span<double> Physics::mutable_positions() { return {data_->qpos, Size(model().nq)}; }
std::span<double> Physics::mutable_velocities() { return {data_->qvel, Size(model().nv)}; }

}  // namespace rl
