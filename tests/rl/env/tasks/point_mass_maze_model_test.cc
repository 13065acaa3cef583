#include "rl/env/tasks/point_mass_maze_model.h"

#include "rl/env/physics.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

namespace rl {
namespace {

class PointMassMazeModelTest : public ::testing::Test {
 protected:
  // Contacts of the mass at a place.
  int Contacts(double x, double y) {
    data_->qpos[0] = x;
    data_->qpos[1] = y;
    mj_fwdPosition(model_.get(), data_.get());
    int count = 0;
    for (int i = 0; i < data_->ncon; ++i) count += data_->contact[i].dist < -1e-6;
    return count;
  }

  ModelPtr model_ = BuildPointMassMazeModel(tests::Assets(), {});
  DataPtr data_{mj_makeData(model_.get())};
};

TEST_F(PointMassMazeModelTest, HasACrossOfWallsThatLeavesGaps) {
  EXPECT_GT(Contacts(0, 0), 0);
  EXPECT_GT(Contacts(0, 0.17), 0);
  EXPECT_GT(Contacts(-0.17, 0), 0);
  EXPECT_EQ(Contacts(0, 0.2), 0);
  EXPECT_EQ(Contacts(-0.2, 0), 0);
  EXPECT_EQ(Contacts(0.1, -0.1), 0);
}

TEST_F(PointMassMazeModelTest, TheTargetIsNotFelt) {
  const int target = Physics::GeomId(*model_, kMazeTargetGeom);
  EXPECT_EQ(model_->geom_contype[target] | model_->geom_conaffinity[target], 0);
}

}  // namespace
}  // namespace rl
