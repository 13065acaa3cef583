#include "rl/env/physics.h"

#include "rl/env/model_builder.h"
#include "rl/env/random.h"
#include "tests/rl/env/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::shared_ptr<const PhysicsModels> Walker(StepVariant variant = StepVariant::kFast) {
  return std::make_shared<const PhysicsModels>(BuildModel(tests::Assets() / "suite/walker.xml"),
                                               /*num_substeps=*/10, variant);
}

std::vector<double> State(const Physics& physics) {
  std::vector<double> state(static_cast<size_t>(physics.state_dim()));
  physics.GetState(state);
  return state;
}

std::vector<double> RandomControl(const Physics& physics, Random& random) {
  std::vector<double> control(static_cast<size_t>(physics.action_dim()));
  for (double& value : control) value = random.Uniform(-1, 1);
  return control;
}

TEST(PhysicsTest, TheReadingsBelongToThePresentState) {
  Physics stepped(Walker()), restored(Walker());
  Random random(301);
  const int torso = Physics::BodyId(stepped.model(), "torso");
  const int velocity = Physics::SensorAddress(stepped.model(), "torso_subtreelinvel");
  for (int step = 0; step < 100; ++step) {
    stepped.SetControl(RandomControl(stepped, random));
    stepped.Step();
    restored.SetState(State(stepped));
    restored.UpdateKinematics();
    ASSERT_EQ(stepped.BodyPosition(torso, kZ), restored.BodyPosition(torso, kZ));
    ASSERT_EQ(stepped.BodyDirection(torso, kX, kZ), restored.BodyDirection(torso, kX, kZ));
    ASSERT_EQ(stepped.Sensor(velocity, kX), restored.Sensor(velocity, kX));
    ASSERT_EQ(stepped.AngularMomentum(torso, kY), restored.AngularMomentum(torso, kY));
  }
}

TEST(PhysicsTest, ContinuesExactlyFromASavedIntegrationState) {
  Physics original(Walker()), copy(Walker());
  Random random(301);
  for (int step = 0; step < 60; ++step) {  // into contact, where the warm start matters
    original.SetControl(RandomControl(original, random));
    original.Step();
  }
  std::vector<double> saved(static_cast<size_t>(original.integration_state_dim()));
  original.GetIntegrationState(saved);
  copy.SetIntegrationState(saved);
  for (int step = 0; step < 60; ++step) {
    const std::vector<double> control = RandomControl(original, random);
    for (Physics* physics : {&original, &copy}) {
      physics->SetControl(control);
      physics->Step();
    }
    ASSERT_EQ(State(original), State(copy)) << "step " << step;
  }
}

TEST(PhysicsTest, ResetForgetsEverything) {
  Physics used(Walker()), fresh(Walker());
  Random random(301);
  for (int step = 0; step < 60; ++step) {
    used.SetControl(RandomControl(used, random));
    used.Step();
  }
  used.Reset();
  EXPECT_THAT(used.control(), ElementsAreArray(std::vector<double>(6, 0.0)));
  used.Step();
  fresh.Step();
  EXPECT_EQ(State(used), State(fresh));
}

TEST(PhysicsTest, RefusesAControlThatIsNotFinite) {
  Physics physics(Walker());
  std::vector<double> control(6, 0.5);
  control[4] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT([&] { physics.SetControl(control); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("control 4 is")));
  EXPECT_EQ(physics.control()[0], 0) << "a refused control must not be applied in part";
}

TEST(PhysicsTest, ReportsADivergenceAndRecoversByReset) {
  Physics physics(Walker());
  physics.mutable_velocities()[0] = 1e9;
  physics.mutable_velocities()[4] = 1e9;
  physics.Step();
  EXPECT_TRUE(physics.diverged());
  physics.Step();
  EXPECT_TRUE(physics.diverged()) << "MuJoCo's own reset must not hide it";
  physics.Reset();
  EXPECT_FALSE(physics.diverged());
  physics.Step();
  EXPECT_FALSE(physics.diverged());
  for (const double value : State(physics)) EXPECT_TRUE(std::isfinite(value));
}

TEST(PhysicsTest, AControlStepIsItsPhysicsStepsInOneGo) {
  Physics by_step(Walker()), by_count(Walker());
  by_step.Step();
  by_step.Step();
  by_count.Advance(10);
  by_count.Advance(10);
  EXPECT_EQ(State(by_step), State(by_count));
  EXPECT_DOUBLE_EQ(by_count.data().time, 0.05);
  by_count.StartClock();
  EXPECT_EQ(by_count.data().time, 0);
}

TEST(PhysicsTest, RefusesStatesOfAnotherSize) {
  Physics physics(Walker());
  std::vector<double> state(17);
  EXPECT_THAT([&] { physics.SetState(state); },
              ThrowsMessage<std::invalid_argument>("physics state has 17 elements, the model "
                                                   "needs 18"));
  EXPECT_THROW(physics.GetState(state), std::invalid_argument);
  EXPECT_THROW(physics.SetIntegrationState(state), std::invalid_argument);
  EXPECT_THROW(physics.SetControl(state), std::invalid_argument);
}

TEST(PhysicsTest, NamesThatTheModelLacksAreABrokenContract) {
  const auto models = Walker();
  EXPECT_THAT([&] { Physics::BodyId(models->full(), "wing"); },
              ThrowsMessage<std::logic_error>(HasSubstr("no body named wing")));
  EXPECT_THROW(Physics::SensorAddress(models->full(), "nose"), std::logic_error);
  EXPECT_THROW(Physics::GeomId(models->full(), "wing"), std::logic_error);
  EXPECT_THROW(Physics::SiteId(models->full(), "wing"), std::logic_error);
  EXPECT_THROW(Physics::JointId(models->full(), "wing"), std::logic_error);
  EXPECT_THROW(Physics::ActuatorId(models->full(), "wing"), std::logic_error);
}

}  // namespace
}  // namespace rl
