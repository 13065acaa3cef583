// MuJoCo's messages as this program wants them: errors are exceptions, warnings are counted.
//
// Left alone MuJoCo prints to the console, writes a log file into the current folder and ends the
// process on an error. After RouteMujocoMessages() an error inside MuJoCo (an exhausted stack, a
// wrong argument) leaves the call as std::runtime_error, and a warning raises a counter. The
// mjData that was in use when an error was thrown must be reset before it is used again.
#ifndef RL_ENV_MUJOCO_ERROR_H_
#define RL_ENV_MUJOCO_ERROR_H_

#include <cstdint>
#include <string>

namespace rl {

// Installs the routing for the whole process, and checks that the library that was loaded is the
// version whose headers were compiled. Safe to call from any thread, any number of times.
// Throws std::runtime_error when the versions differ.
void RouteMujocoMessages();

// "3.17.0": of the headers this was compiled with, and of the library that was loaded.
std::string MujocoHeaderVersion();
std::string MujocoLibraryVersion();

// Warnings of this process so far. A simulation that diverges is among them, but is better asked
// through Physics::diverged(), which knows whose it was.
int64_t MujocoWarningCount();

}  // namespace rl

#endif  // RL_ENV_MUJOCO_ERROR_H_
