#include "experiments/commands/filming.h"

#include "experiments/locations.h"
#include "rl/render/gl_context.h"
#include "tests/rl/render/test_context.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const rl::EnvironmentSpec& Cartpole() {
  static const rl::EnvironmentSpec spec = rl::LoadTask("cartpole_balance", AssetFolder()).spec;
  return spec;
}

FilmMaker Prepare(const FilmOptions& options) {
  return FilmMaker(options, Cartpole(), AssetFolder());
}

TEST(FilmingTest, ReadsASizeInPixels) {
  const PixelSize size = ParsePixelSize("1280x720");
  EXPECT_EQ(size.width, 1280);
  EXPECT_EQ(size.height, 720);
  for (const char* const text : {"", "640", "640x", "x480", "640x480x3", "640X480", "640 x 480"}) {
    EXPECT_THROW(ParsePixelSize(text), UsageError) << text;
  }
}

TEST(FilmingTest, AWordThatMujocoGlDoesNotKnowIsRefused) {
  setenv("MUJOCO_GL", "glfw", 1);
  EXPECT_THAT([] { MakeChosenGlContext(); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("MUJOCO_GL is 'glfw'")));
  unsetenv("MUJOCO_GL");
}

TEST(FilmingTest, FindsMistakesBeforeAnythingIsSimulated) {
  const tests::TemporaryFolder folder;
  EXPECT_THROW(Prepare({.contact_sheet = folder / "sheet.jpg"}), std::invalid_argument);
  EXPECT_THROW(Prepare({.video = folder / "a.mp4", .size = "big"}), UsageError);
  if (!tests::CanDraw()) GTEST_SKIP() << tests::kNoOpenGl;
  EXPECT_THROW(Prepare({.video = folder / "film.avi"}), std::invalid_argument);
  EXPECT_THAT([&] { Prepare({.contact_sheet = folder / "sheet.png", .camera = "nose"}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("'fixed'")));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace experiments
