#include "rl/render/camera.h"

#include "rl/env/model_builder.h"
#include "tests/rl/env/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

ModelPtr Walker() { return BuildModel(tests::Assets() / "suite/walker.xml"); }

TEST(CameraTest, FindsACameraByNameAndByNumber) {
  const ModelPtr model = Walker();
  const mjvCamera side = FindCamera(*model, "side");
  EXPECT_EQ(side.type, mjCAMERA_FIXED);
  EXPECT_STREQ(mj_id2name(model.get(), mjOBJ_CAMERA, side.fixedcamid), "side");
  EXPECT_EQ(FindCamera(*model, std::to_string(side.fixedcamid)).fixedcamid, side.fixedcamid);
}

TEST(CameraTest, OffersAFreeAndATrackingView) {
  const ModelPtr model = Walker();
  EXPECT_EQ(FindCamera(*model, "free").type, mjCAMERA_FREE);
  const mjvCamera track = FindCamera(*model, "track");
  EXPECT_EQ(track.type, mjCAMERA_TRACKING);
  EXPECT_EQ(track.trackbodyid, mj_name2id(model.get(), mjOBJ_BODY, "torso"));
}

TEST(CameraTest, ListsTheCamerasWhenThereIsNoneOfThatName) {
  const ModelPtr model = Walker();
  for (const char* const choice : {"nose", "2", "-1", "0x", ""}) {
    EXPECT_THAT([&] { FindCamera(*model, choice); },
                ThrowsMessage<std::invalid_argument>(
                    AllOf(HasSubstr("no camera '" + std::string(choice) + "'"),
                          HasSubstr("0 'side', 1 'back'"), HasSubstr("'free' and 'track'"))))
        << choice;
  }
}

TEST(CameraTest, ADomainIsSeenFromTheCameraThatSuitsIt) {
  const ModelPtr model = Walker();
  const mjvCamera walker = DefaultCamera(*model, "walker");
  EXPECT_EQ(walker.type, mjCAMERA_FIXED);
  EXPECT_STREQ(mj_id2name(model.get(), mjOBJ_CAMERA, walker.fixedcamid), "side");
  EXPECT_EQ(DefaultCamera(*model, "no_such_domain").type, mjCAMERA_FREE);
}

}  // namespace
}  // namespace rl
