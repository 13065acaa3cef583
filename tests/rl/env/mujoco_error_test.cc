#include "rl/env/mujoco_error.h"

#include "rl/env/model_builder.h"
#include "rl/env/mujoco_handles.h"
#include "rl/env/physics.h"
#include "rl/env/thread_pool.h"
#include "tests/rl/env/test_data.h"

#include <gtest/gtest.h>
#include <mujoco/mujoco.h>

#include <filesystem>
#include <stdexcept>

namespace rl {
namespace {

// MuJoCo does not promise that an exception passes through it; this holds it for the pinned build.
TEST(MujocoErrorTest, AnErrorInsideMujocoReachesTheCallerAsAnException) {
  RouteMujocoMessages();
  try {
    mju_error("the sky is %s", "down");
    FAIL() << "mju_error returned";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "MuJoCo: the sky is down");
  }
}

TEST(MujocoErrorTest, AnErrorDeepInsideACallLeavesASimulationThatCanBeReset) {
  const ModelPtr model = BuildModel(tests::Assets() / "suite/cartpole.xml");
  const DataPtr data(mj_makeData(model.get()));
  const double state[1] = {0};
  EXPECT_THROW(mj_setState(model.get(), data.get(), state, /*sig=*/1 << 30), std::runtime_error);
  mj_resetData(model.get(), data.get());
  mj_step(model.get(), data.get());
  EXPECT_DOUBLE_EQ(data->time, model->opt.timestep);
}

TEST(MujocoErrorTest, AnErrorOnAWorkerThreadReachesTheCaller) {
  RouteMujocoMessages();
  ThreadPool pool(2);
  for (int round = 0; round < 100; ++round) {
    EXPECT_THROW(pool.ForEach(4, [](int64_t) { mju_error("on a worker"); }), std::runtime_error);
  }
}

TEST(MujocoErrorTest, AWarningIsCountedAndNothingIsWritten) {
  RouteMujocoMessages();
  const int64_t before = MujocoWarningCount();
  mju_warning("a warning");
  EXPECT_EQ(MujocoWarningCount(), before + 1);
  EXPECT_FALSE(std::filesystem::exists("MUJOCO_LOG.TXT"));
}

}  // namespace
}  // namespace rl
