// The OpenGL context of the tests that draw: one for the whole binary, where there is one to be
// had.
#ifndef TESTS_RL_RENDER_TEST_CONTEXT_H_
#define TESTS_RL_RENDER_TEST_CONTEXT_H_

#include "rl/render/gl_context.h"

#include <stdexcept>

namespace tests {

// Null where there is none. Tests that draw begin with
//   if (DrawingContext() == nullptr) GTEST_SKIP() << kNoOpenGl;
inline constexpr char kNoOpenGl[] = "skipped: no offscreen OpenGL here";
inline const rl::GlContext* DrawingContext() {
  // Never destroyed: unloading drivers as the process ends looks like a leak to sanitizers.
  static const rl::GlContext* const context = []() -> rl::GlContext* {
    try {
      return rl::MakeGlContext(rl::GlBackend::kAutomatic).release();
    } catch (const std::runtime_error&) {
      return nullptr;
    }
  }();
  return context;
}

// The same question for tests of what makes a context of its own.
inline bool CanDraw() {
  try {
    rl::MakeGlContext(rl::GlBackend::kAutomatic);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace tests

#endif  // TESTS_RL_RENDER_TEST_CONTEXT_H_
