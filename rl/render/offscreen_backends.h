// The two ways to a context, behind MakeGlContext().
#ifndef RL_RENDER_OFFSCREEN_BACKENDS_H_
#define RL_RENDER_OFFSCREEN_BACKENDS_H_

#include "rl/render/gl_context.h"

#include <memory>

namespace rl {

// Throw std::runtime_error with the reason when there is none to be had.
std::unique_ptr<GlContext> MakeEglContext();
std::unique_ptr<GlContext> MakeOsMesaContext();

}  // namespace rl

#endif  // RL_RENDER_OFFSCREEN_BACKENDS_H_
