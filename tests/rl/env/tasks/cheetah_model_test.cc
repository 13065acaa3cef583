#include "rl/env/tasks/cheetah_model.h"

#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>

namespace rl {
namespace {

TEST(CheetahModelTest, TheTwoModelsDifferInTheLengthOfTheGroundAlone) {
  const ModelPtr own = BuildCheetah(tests::Assets(), {});
  const ModelPtr with_long = BuildCheetahOnLongGround(tests::Assets(), {});
  ASSERT_EQ(own->ngeom, with_long->ngeom);
  for (int i = 0; i < 3 * own->ngeom; ++i) {
    EXPECT_EQ(with_long->geom_size[i], i == 0 ? 200 : own->geom_size[i]);
    EXPECT_EQ(with_long->geom_pos[i], own->geom_pos[i]);
  }
  for (int i = 0; i < own->nbody; ++i) EXPECT_EQ(own->body_mass[i], with_long->body_mass[i]);
}

TEST(CheetahModelTest, WeighsFourteenKilograms) {
  EXPECT_NEAR(mj_getTotalmass(BuildCheetah(tests::Assets(), {}).get()), 14, 1e-12);
}

}  // namespace
}  // namespace rl
