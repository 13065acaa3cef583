#include "rl/env/tasks/jaco_model.h"

#include "rl/env/physics.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

#include <numeric>

namespace rl {
namespace {

class JacoModelTest : public ::testing::Test {
 protected:
  ModelPtr model_ = BuildJacoModel(tests::Assets(), {});
};

TEST_F(JacoModelTest, HasTheSizesThatComposersModelHas) {
  EXPECT_EQ(model_->nq, 9);
  EXPECT_EQ(model_->nu, 9);
  EXPECT_EQ(model_->nbody, 17) << "the two mounts count";
  EXPECT_EQ(model_->ngeom, 21);
  EXPECT_EQ(model_->nsite, 12);
  EXPECT_EQ(model_->nmesh, 9);
  EXPECT_EQ(model_->nsensordata, 18);
  EXPECT_EQ(model_->ntex, 0);
}

// Without the arena's compiler settings on arm and hand it would be 4.310525701.
TEST_F(JacoModelTest, TheMountsHaveTheArenasLeastMass) {
  EXPECT_NEAR(std::accumulate(model_->body_mass, model_->body_mass + model_->nbody, 0.0),
              4.310545700, 1e-9);
}

TEST_F(JacoModelTest, KeepsTheArmsChoiceOfCollisionAlgorithm) {
  EXPECT_EQ(model_->opt.disableflags, mjDSBL_NATIVECCD);
}

TEST_F(JacoModelTest, EveryJointHasItsServoAndEveryArmJointItsTorqueSensor) {
  int actuator = 0, sensor = 0;
  for (const auto& names : {std::span<const char* const>(kJacoArmJoints),
                            std::span<const char* const>(kJacoFingerJoints)}) {
    for (const char* name : names) {
      EXPECT_EQ(model_->actuator_trnid[2 * actuator++], mj_name2id(model_.get(), mjOBJ_JOINT, name))
          << name;
    }
  }
  for (const char* name : kJacoArmJoints) {
    const int joint = mj_name2id(model_.get(), mjOBJ_JOINT, name);
    EXPECT_EQ(model_->site_bodyid[model_->sensor_objid[sensor++]], model_->jnt_bodyid[joint])
        << name;
  }
}

TEST_F(JacoModelTest, WithTexturesItHasAGroundAndASky) {
  EXPECT_EQ(BuildJacoModel(tests::Assets(), {.keep_textures = true})->ntex, 2);
}

}  // namespace
}  // namespace rl
