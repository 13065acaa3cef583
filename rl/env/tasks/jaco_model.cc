#include "rl/env/tasks/jaco_model.h"

#include "rl/env/tasks/jaco_reset.h"

#include <algorithm>
#include <numbers>
#include <stdexcept>
#include <string>

namespace rl {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr int kSensorSiteGroup = 4;  // not drawn by default
constexpr int kTaskSiteGroup = 3;    // not drawn by default

// A servo that drives a joint at the velocity it is told, as hard as its force allows.
struct Servo {
  const char* joint;
  double gain;
  double max_velocity;  // rad/s
  double max_force;     // N m
};

// dm_control 1.0.50, entities/manipulators/kinova/jaco_arm.py.
constexpr Servo kArmServos[] = {
    {"joint_1", 500, 36 * kDegree, 30.5}, {"joint_2", 500, 36 * kDegree, 30.5},
    {"joint_3", 500, 36 * kDegree, 30.5}, {"joint_4", 500, 48 * kDegree, 6.8},
    {"joint_5", 500, 48 * kDegree, 6.8},  {"joint_6", 500, 48 * kDegree, 6.8}};
// entities/manipulators/kinova/jaco_hand.py.
constexpr Servo kFingerServos[] = {
    {"finger_1", 10, 5, 1}, {"finger_2", 10, 5, 1}, {"finger_3", 10, 5, 1}};

void AddServo(mjSpec& spec, const Servo& servo) {
  mjsActuator* actuator = mjs_addActuator(&spec, nullptr);
  mjs_setName(actuator->element, servo.joint);
  actuator->trntype = mjTRN_JOINT;
  mjs_setString(actuator->target, servo.joint);
  mjs_setToVelocity(actuator, servo.gain);
  actuator->ctrllimited = actuator->forcelimited = mjLIMITED_TRUE;
  actuator->ctrlrange[0] = -servo.max_velocity;
  actuator->ctrlrange[1] = servo.max_velocity;
  actuator->forcerange[0] = -servo.max_force;
  actuator->forcerange[1] = servo.max_force;
}

// A torque sensor where `joint` acts on the link behind it.
void AddTorqueSensor(mjSpec& spec, const std::string& joint) {
  const std::string site_name = joint + "_site";
  mjsElement* joint_element = FindElement(spec, mjOBJ_JOINT, joint);
  mjsSite* site = mjs_addSite(mjs_getParent(joint_element), mjs_getSpecDefault(&spec));
  mjs_setName(site->element, site_name.c_str());
  site->size[0] = 1e-3;
  site->group = kSensorSiteGroup;
  mjsSensor* sensor = mjs_addSensor(&spec);
  mjs_setName(sensor->element, (joint + "_torque").c_str());
  sensor->type = mjSENS_TORQUE;
  sensor->objtype = mjOBJ_SITE;
  mjs_setString(sensor->objname, site_name.c_str());
}

SpecPtr ParseArm(const std::filesystem::path& assets) {
  SpecPtr arm = ParseModel(assets / "third_party/kinova/jaco_arm.xml");
  for (const Servo& servo : kArmServos) {
    AddServo(*arm, servo);
    AddTorqueSensor(*arm, servo.joint);
  }
  return arm;
}

SpecPtr ParseHand(const std::filesystem::path& assets) {
  SpecPtr hand = ParseModel(assets / "third_party/kinova/jaco_hand.xml");
  for (const Servo& servo : kFingerServos) AddServo(*hand, servo);
  return hand;
}

void AddSky(mjSpec& arena) {
  mjsTexture* sky = mjs_addTexture(&arena, nullptr);
  sky->type = mjTEXTURE_SKYBOX;
  sky->builtin = mjBUILTIN_GRADIENT;
  constexpr double kHorizon[] = {0.4, 0.6, 0.8};
  std::copy_n(kHorizon, 3, sky->rgb1);
  std::fill_n(sky->rgb2, 3, 0.0);
  sky->width = sky->height = 100;
}

void AddGroundMaterial(mjSpec& arena) {
  mjsTexture* texture = mjs_addTexture(&arena, nullptr);
  mjs_setName(texture->element, "groundplane");
  texture->type = mjTEXTURE_2D;
  texture->builtin = mjBUILTIN_CHECKER;
  texture->mark = mjMARK_EDGE;
  constexpr double kLight[] = {0.2, 0.3, 0.4}, kDark[] = {0.1, 0.2, 0.3};
  std::copy_n(kLight, 3, texture->rgb1);
  std::copy_n(kDark, 3, texture->rgb2);
  std::fill_n(texture->markrgb, 3, 0.8);
  texture->width = texture->height = 300;
  mjsMaterial* material = mjs_addMaterial(&arena, nullptr);
  mjs_setName(material->element, "groundplane");
  mjs_setInStringVec(material->textures, mjTEXROLE_RGB, "groundplane");
  std::fill_n(material->texrepeat, 2, 5.0f);
  material->texuniform = true;
  material->reflectance = 0.2f;
}

void AddGround(mjsBody& world) {
  mjsGeom* ground = mjs_addGeom(&world, nullptr);
  mjs_setName(ground->element, "ground");
  ground->type = mjGEOM_PLANE;
  constexpr double kSize[] = {1, 1, 0.1};
  constexpr mjtNum kSolimp[] = {0.95, 0.99, 0.001}, kSolref[] = {0.002, 1};
  std::copy_n(kSize, 3, ground->size);
  std::copy_n(kSolimp, 3, ground->solimp);
  std::copy_n(kSolref, 2, ground->solref);
  ground->friction[0] = 0.4;
  mjs_setString(ground->material, "groundplane");
}

void AddLightAndCamera(mjsBody& world) {
  mjsLight* light = mjs_addLight(&world, nullptr);
  light->type = mjLIGHT_SPOT;
  light->castshadow = true;
  constexpr double kAbove[] = {0, 0, 1.5}, kDown[] = {0, 0, -1};
  std::copy_n(kAbove, 3, light->pos);
  std::copy_n(kDown, 3, light->dir);
  std::fill_n(light->diffuse, 3, 0.7f);
  std::fill_n(light->specular, 3, 0.3f);
  mjsCamera* camera = mjs_addCamera(&world, nullptr);  // manipulation/shared/cameras.py
  mjs_setName(camera->element, "front_close");
  constexpr double kFront[] = {0, -0.6, 0.75}, kAxes[] = {1, 0, 0, 0, 0.7, 0.75};
  std::copy_n(kFront, 3, camera->pos);
  camera->alt.type = mjORIENTATION_XYAXES;
  std::copy_n(kAxes, 6, camera->alt.xyaxes);
}

mjsSite* AddMarker(mjsBody& world, const char* name, mjtGeom type, int color) {
  mjsSite* site = mjs_addSite(&world, nullptr);
  mjs_setName(site->element, name);
  site->type = type;
  std::fill_n(site->rgba, 3, 0.0f);
  site->rgba[color] = 1;
  site->rgba[3] = 0.3f;
  return site;
}

// The target, and the box that the hand starts in, twice: dm_control draws targets from it as well.
void AddMarkers(mjsBody& world) {
  mjsSite* target = AddMarker(world, kJacoTargetSite, mjGEOM_SPHERE, /*color=*/0);
  target->size[0] = 0.05;
  for (const auto& [name, color] : {std::pair{"tcp_spawn_area", 1}, {"target_spawn_area", 2}}) {
    mjsSite* box = AddMarker(world, name, mjGEOM_BOX, color);
    box->group = kTaskSiteGroup;
    for (size_t axis = 0; axis < 3; ++axis) {
      box->pos[axis] = (kJacoStartUpper[axis] + kJacoStartLower[axis]) / 2;
      box->size[axis] = (kJacoStartUpper[axis] - kJacoStartLower[axis]) / 2;
    }
  }
}

// Follows manipulation/shared/arenas.py, Standard, and manipulation/reach.py, Reach.
SpecPtr ParseArena(const std::filesystem::path& assets) {
  SpecPtr arena = ParseModel(assets / "composer/arena.xml");
  mjsBody& world = *mjs_findBody(arena.get(), "world");
  AddSky(*arena);
  AddGroundMaterial(*arena);
  AddGround(world);
  AddLightAndCamera(world);
  AddMarkers(world);
  std::fill_n(arena->stat.center, 3, 0.0);
  return arena;
}

// Hangs `child` and all below it into `parent`, on a body of its own at `pos` and `quat`. The body
// carries nothing, yet has to be one: composer attaches so, and MuJoCo gives it a little mass.
void Attach(mjsBody& parent, mjsBody& child, const std::string& prefix, const double* pos,
            const double* quat) {
  mjsBody* mount = mjs_addBody(&parent, nullptr);
  mjs_setName(mount->element, prefix.c_str());
  if (pos != nullptr) std::copy_n(pos, 3, mount->pos);
  if (quat != nullptr) std::copy_n(quat, 4, mount->quat);
  const mjsFrame* frame = mjs_addFrame(mount, nullptr);
  if (mjs_attach(frame->element, child.element, prefix.c_str(), "") == nullptr) {
    throw std::logic_error("MuJoCo cannot attach " + prefix + ": " +
                           mjs_getError(mjs_getSpec(parent.element)));
  }
}

}  // namespace

ModelPtr BuildJacoModel(const std::filesystem::path& assets, const ModelOptions& options) {
  const SpecPtr arena = ParseArena(assets), arm = ParseArm(assets), hand = ParseHand(assets);
  // An attached element is compiled with the settings of its own file, and what that file says of
  // the simulation is dropped. Both are silent, and neither is what composer does: the first would
  // take 2e-5 kg off the arm, the second would find other contacts.
  for (mjSpec* part : {arm.get(), hand.get()}) {
    part->compiler.boundmass = arena->compiler.boundmass;
    part->compiler.boundinertia = arena->compiler.boundinertia;
    arena->option.disableflags |= part->option.disableflags;
  }
  const mjsSite* wrist = mjs_asSite(FindElement(*arm, mjOBJ_SITE, "wristsite"));
  Attach(*mjs_findBody(arm.get(), "b_6"), *mjs_findBody(hand.get(), "hand"), "jaco_hand/",
         /*pos=*/nullptr, wrist->quat);
  constexpr double kArmPosition[] = {0, 0.4, 0};  // manipulation/shared/robots.py
  Attach(*mjs_findBody(arena.get(), "world"), *mjs_findBody(arm.get(), "b_base"), "jaco_arm/",
         kArmPosition, /*quat=*/nullptr);
  return CompileModel(*arena, options, "jaco");
}

}  // namespace rl
