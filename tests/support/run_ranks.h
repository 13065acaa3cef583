// A group of ranks in one process, a thread each: how everything above the runtime is tested with
// several ranks.
#ifndef TESTS_SUPPORT_RUN_RANKS_H_
#define TESTS_SUPPORT_RUN_RANKS_H_

#include "ring/runtime/communicator.h"
#include "ring/runtime/world.h"

#include <chrono>
#include <functional>

namespace tests {

struct RunRanksOptions {
  ring::Transport transport = ring::Transport::kGloo;

  // Far below ctest's, so that a deadlock is a message and not a killed test.
  std::chrono::milliseconds timeout = std::chrono::seconds(20);

  int max_messages = 16;
  bool trace = false;
};

// Runs `body` once per rank, each on a thread of its own, connected through loopback or shared
// memory. Rethrows the exception of the rank that failed first. `num_ranks` may be 1: the body gets
// a communicator that talks to nobody.
//
// No fatal assertions and no GTEST_SKIP in `body`: they only leave the function they stand in. And
// CPU tensors only: autograd runs the CPU's backward on the calling thread, a GPU's on one thread
// for all ranks.
void RunRanks(int num_ranks, const RunRanksOptions& options,
              const std::function<void(ring::Communicator&)>& body);

inline void RunRanks(int num_ranks, const std::function<void(ring::Communicator&)>& body) {
  RunRanks(num_ranks, {}, body);
}

}  // namespace tests

#endif  // TESTS_SUPPORT_RUN_RANKS_H_
