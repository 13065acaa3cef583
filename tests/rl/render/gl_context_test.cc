#include "rl/render/gl_context.h"

#include "rl/render/renderer.h"
#include "tests/rl/env/test_data.h"
#include "tests/rl/render/test_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <vector>

namespace rl {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

TEST(GlContextTest, TakesTheWordsOfMujocoGl) {
  EXPECT_EQ(ParseGlBackend(""), GlBackend::kAutomatic);
  EXPECT_EQ(ParseGlBackend("egl"), GlBackend::kEgl);
  EXPECT_EQ(ParseGlBackend("osmesa"), GlBackend::kOsMesa);
}

TEST(GlContextTest, RefusesAnyOtherWordAndNamesTheTwo) {
  EXPECT_THAT([] { ParseGlBackend("glfw"); },
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("MUJOCO_GL is 'glfw'"), HasSubstr("'egl' or 'osmesa'"))));
}

TEST(GlContextTest, SaysWhoDraws) {
  const GlContext* const context = tests::DrawingContext();
  if (context == nullptr) GTEST_SKIP() << tests::kNoOpenGl;
  EXPECT_THAT(context->description(), AnyOf(StartsWith("EGL, "), StartsWith("OSMesa, ")));
}

// Draws with a context of its own, says on stderr what came of it, and ends the process.
[[noreturn]] void DrawAndExit(GlBackend backend) {
  try {
    const std::unique_ptr<GlContext> context = MakeGlContext(backend);
    Renderer renderer(*context, "cartpole_balance", tests::Assets(), {.width = 32, .height = 24});
    Frame frame;
    renderer.Draw(std::vector<double>(4), frame);
    const bool is_constant =
        std::ranges::count(frame.pixels, frame.pixels[0]) == std::ssize(frame.pixels);
    std::cerr << (is_constant ? "drew nothing" : "drew") << std::endl;
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
  }
  std::_Exit(0);
}

// Each in a process of its own, for MuJoCo takes the first OpenGL that a process has loaded. They
// hold on every machine: there is a context, or a message that says how to get one.
TEST(GlContextDeathTest, EglDrawsOrNamesItsPackages) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(DrawAndExit(GlBackend::kEgl), testing::ExitedWithCode(0),
              "(^|\n)drew\n|no offscreen OpenGL here \\(EGL: .*apt-get install libegl1 ");
}

TEST(GlContextDeathTest, OsMesaDrawsOrNamesItsPackage) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(DrawAndExit(GlBackend::kOsMesa), testing::ExitedWithCode(0),
              "(^|\n)drew\n|no offscreen OpenGL here \\(OSMesa: .*apt-get install libosmesa6");
}

}  // namespace
}  // namespace rl
