// Where a picture is taken from.
#ifndef RL_RENDER_CAMERA_H_
#define RL_RENDER_CAMERA_H_

#include <mujoco/mujoco.h>

#include <string>
#include <string_view>

namespace rl {

// `choice` is one of
//   a name   a camera of the model ("side"), which may move with what it looks at
//   a number the same by its place in the model, from 0
//   free     MuJoCo's own view of the whole scene, at rest
//   track    the same distance and angle, following the first body
// Throws std::invalid_argument that lists the model's cameras for any other.
mjvCamera FindCamera(const mjModel& model, const std::string& choice);

// Shows a domain's whole mechanism at work: one of the model's cameras where there is one that
// does. A domain that is not known is seen as by "free".
mjvCamera DefaultCamera(const mjModel& model, std::string_view domain);

}  // namespace rl

#endif  // RL_RENDER_CAMERA_H_
