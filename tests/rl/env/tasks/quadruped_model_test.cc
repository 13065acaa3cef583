#include "rl/env/tasks/quadruped_model.h"

#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

namespace rl {
namespace {

TEST(QuadrupedModelTest, TheFloorIsBareAndNothingMeasuresDistances) {
  const ModelPtr model = BuildQuadruped(tests::Assets(), {});
  for (const char* geom : {"wall_px", "wall_py", "wall_nx", "wall_ny", "terrain", "ball"}) {
    EXPECT_EQ(mj_name2id(model.get(), mjOBJ_GEOM, geom), -1) << geom;
  }
  EXPECT_EQ(mj_name2id(model.get(), mjOBJ_SITE, "target"), -1);
  for (int i = 0; i < model->nsensor; ++i) {
    EXPECT_NE(model->sensor_type[i], mjSENS_RANGEFINDER);
  }
}

TEST(QuadrupedModelTest, TheTwoModelsDifferInTheSizeOfTheFloorAlone) {
  const ModelPtr small = BuildQuadruped(tests::Assets(), {});
  const ModelPtr wide = BuildQuadrupedOnWideFloor(tests::Assets(), {});
  ASSERT_EQ(small->ngeom, wide->ngeom);
  for (int i = 0; i < 3 * small->ngeom; ++i) {
    EXPECT_EQ(wide->geom_size[i], i < 2 ? 10 * small->geom_size[i] : small->geom_size[i]);
    EXPECT_EQ(wide->geom_pos[i], small->geom_pos[i]);
  }
  EXPECT_EQ(small->geom_size[0], 10);
}

}  // namespace
}  // namespace rl
