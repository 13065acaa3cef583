// The ranks of a ring in one process, a thread each, for tests of what is above the runtime.
#ifndef TESTS_SUPPORT_RUN_RING_H_
#define TESTS_SUPPORT_RUN_RING_H_

#include "ring/runtime/ring.h"
#include "tests/support/run_ranks.h"

#include <functional>
#include <memory>

namespace tests {

// Runs `body` once per rank; see RunRanks(), whose cautions hold here too.
inline void RunRing(int ring_size, const std::function<void(const ring::Ring&)>& body) {
  RunRanks(ring_size, [&body](ring::Communicator& communicator) {
    // Borrowed: it outlives the body.
    body(ring::Ring({std::shared_ptr<ring::Communicator>(), &communicator}));
  });
}

}  // namespace tests

#endif  // TESTS_SUPPORT_RUN_RING_H_
