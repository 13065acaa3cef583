#include "rl/env/mujoco_error.h"

#include <mujoco/mujoco.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>

namespace rl {
namespace {

// MuJoCo's handler is one per process and takes no user pointer, so its counter is global too.
std::atomic<int64_t> warning_count{0};

// Throwing through libmujoco relies on the unwind tables that its build carries; MuJoCo does not
// promise it. A unit test holds it for the pinned version.
void HandleMessage(const mjLogMessage* message) {
  if (message->level == mjLOG_ERROR) {
    throw std::runtime_error(std::string("MuJoCo: ") + message->subject);
  }
  if (message->level == mjLOG_WARNING) warning_count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

void RouteMujocoMessages() {
  static std::once_flag routed;
  std::call_once(routed, [] {
    if (mj_version() != mjVERSION_HEADER) {
      throw std::runtime_error("the MuJoCo library that was loaded is version " +
                               std::to_string(mj_version()) + ", but this program was built for " +
                               std::to_string(mjVERSION_HEADER) + "; build it again");
    }
    mju_setLogHandler(HandleMessage);
  });
}

std::string MujocoHeaderVersion() {
  return std::to_string(mjVERSION_HEADER / 1000000) + "." +
         std::to_string(mjVERSION_HEADER / 1000 % 1000) + "." +
         std::to_string(mjVERSION_HEADER % 1000);
}

std::string MujocoLibraryVersion() { return mj_versionString(); }

int64_t MujocoWarningCount() { return warning_count.load(std::memory_order_relaxed); }

}  // namespace rl
