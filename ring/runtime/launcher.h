// Starts the ranks of a world on this host, and sees that they end together.
#ifndef RING_RUNTIME_LAUNCHER_H_
#define RING_RUNTIME_LAUNCHER_H_

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace ring {

struct LaunchOptions {
  // A path, or a name to be found as a shell would. Its arguments without itself.
  std::string program;
  std::vector<std::string> arguments = {};

  int num_ranks = 1;

  // Added to this process's own environment, for every rank. The launcher itself sets RANK,
  // WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR and MASTER_PORT, and OMP_NUM_THREADS to
  // an equal share of the cores where nobody has set it.
  std::vector<std::pair<std::string, std::string>> environment = {};

  // Whether every line of output says whose it is: "[1] step 100". Else ranks other than 0 keep
  // quiet on stdout, and stderr is passed through as it is.
  bool prefix_output = true;

  // How long the others may take to end after one has failed; they are killed then.
  std::chrono::milliseconds grace = std::chrono::seconds(5);
};

// Runs the program once per rank and returns its exit status when all have ended: 0, or that of the
// rank that failed first (128 + signal when it was killed). When one fails, the others get SIGTERM.
// SIGINT and SIGTERM to this process go to all ranks, who end in their own time; the status is 130
// or 143 then. If this process is killed, so are they.
// Throws c10::ValueError for fewer than one rank and c10::Error when the program cannot be started.
//
// One launch at a time: signal handlers belong to the process.
int Launch(const LaunchOptions& options);

}  // namespace ring

#endif  // RING_RUNTIME_LAUNCHER_H_
