#include "rl/render/renderer.h"

#include "rl/env/environment.h"
#include "rl/env/physics.h"
#include "rl/env/tasks/task_list.h"
#include "tests/rl/env/test_data.h"
#include "tests/rl/render/test_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rl {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Small and plain: what is tested does not depend on how beautiful a picture is.
constexpr RendererOptions kSmall = {
    .width = 96, .height = 64, .shadows = false, .reflections = false, .samples = 0};

class RendererTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (tests::DrawingContext() == nullptr) GTEST_SKIP() << tests::kNoOpenGl;
  }
  static Renderer Make(const std::string& task, const RendererOptions& options = kSmall) {
    return Renderer(*tests::DrawingContext(), task, tests::Assets(), options);
  }
};

bool IsConstant(const Frame& frame) {
  return std::ranges::all_of(frame.pixels, [&](uint8_t c) { return c == frame.pixels[0]; });
}

TEST_F(RendererTest, FramesHaveTheSizeAskedForAndShowSomething) {
  Renderer renderer = Make("walker_walk");
  const std::unique_ptr<Environment> environment = MakeEnvironment("walker_walk", tests::Assets());
  environment->Reset(301);
  Frame frame;
  renderer.Draw(environment->physics(), frame);
  EXPECT_EQ(frame.width, 96);
  EXPECT_EQ(frame.height, 64);
  EXPECT_EQ(frame.pixels.size(), 3u * 96 * 64);
  EXPECT_FALSE(IsConstant(frame));
}

TEST_F(RendererTest, EqualStatesGiveEqualFramesAndOthersDoNot) {
  Renderer renderer = Make("cartpole_balance");
  std::vector<double> state(static_cast<size_t>(renderer.state_dim()));
  Frame at_rest, again, tilted;
  renderer.Draw(state, at_rest);
  state[1] = 0.5;  // the pole's angle
  renderer.Draw(state, tilted);
  state[1] = 0;
  renderer.Draw(state, again);
  EXPECT_EQ(at_rest.pixels, again.pixels);
  EXPECT_NE(at_rest.pixels, tilted.pixels);
}

// MuJoCo's first picture with shadows is dark; nobody must see it.
TEST_F(RendererTest, TheFirstFrameIsLikeTheOthers) {
  Renderer renderer = Make("walker_walk", {.width = 96, .height = 64});
  const std::vector<double> state(static_cast<size_t>(renderer.state_dim()));
  Frame first, second;
  renderer.Draw(state, first);
  renderer.Draw(state, second);
  EXPECT_EQ(first.pixels, second.pixels);
}

// Cartpole's cart is in the middle of the picture and its pole stands up: turned a little, it
// changes the upper half alone.
TEST_F(RendererTest, RowsRunFromTopToBottom) {
  Renderer renderer = Make("cartpole_balance");
  Frame upright, tilted;
  renderer.Draw(std::vector<double>{0, 0, 0, 0}, upright);
  renderer.Draw(std::vector<double>{0, 0.5, 0, 0}, tilted);
  const int half = upright.height / 2;
  EXPECT_FALSE(std::equal(upright.row(0), upright.row(half), tilted.row(0)));
  EXPECT_TRUE(std::equal(upright.row(half + 4), upright.row(upright.height), tilted.row(half + 4)));
}

TEST_F(RendererTest, ShowsEveryDomainFromItsDefaultCamera) {
  std::set<std::string_view> seen;
  for (const TaskEntry& task : TaskList()) {
    if (!seen.insert(task.domain->name).second) continue;
    Renderer renderer = Make(std::string(task.name));
    const std::unique_ptr<Environment> environment =
        MakeEnvironment(std::string(task.name), tests::Assets());
    environment->Reset(301);
    Frame frame;
    renderer.Draw(environment->physics(), frame);
    EXPECT_FALSE(IsConstant(frame)) << task.name;
  }
}

TEST_F(RendererTest, TwoRenderersOfOneContextShowWhatTheirOwnCamerasSee) {
  RendererOptions options = kSmall;
  options.camera = "back";
  Renderer side = Make("walker_walk");
  Renderer back = Make("walker_walk", options);
  const std::vector<double> state(static_cast<size_t>(side.state_dim()));
  Frame side_frame, back_frame;
  side.Draw(state, side_frame);
  back.Draw(state, back_frame);
  EXPECT_NE(side_frame.pixels, back_frame.pixels);
  Frame again;
  side.Draw(state, again);
  EXPECT_EQ(side_frame.pixels, again.pixels);
}

TEST_F(RendererTest, SaysWhichCamerasAModelHas) {
  RendererOptions options = kSmall;
  options.camera = "nose";
  EXPECT_THAT([&] { Make("walker_walk", options); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("0 'side', 1 'back'")));
}

TEST_F(RendererTest, RefusesSizesAndStatesThatCannotBe) {
  RendererOptions options = kSmall;
  options.width = 0;
  EXPECT_THROW(Make("walker_walk", options), std::invalid_argument);
  options.width = 100'000;
  EXPECT_THROW(Make("walker_walk", options), std::invalid_argument);
  Renderer renderer = Make("walker_walk");
  Frame frame;
  EXPECT_THROW(renderer.Draw(std::vector<double>(3), frame), std::invalid_argument);
}

}  // namespace
}  // namespace rl
