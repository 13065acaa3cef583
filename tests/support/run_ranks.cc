#include "tests/support/run_ranks.h"

#include "ring/runtime/connect.h"
#include "ring/runtime/trace.h"

#include <torch/csrc/distributed/c10d/HashStore.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace tests {
namespace {

ring::Wire WireOf(ring::Transport transport) {
  return transport == ring::Transport::kSharedMemory ? ring::Wire::kSharedMemory
                                                     : ring::Wire::kGloo;
}

}  // namespace

void RunRanks(int num_ranks, const RunRanksOptions& options,
              const std::function<void(ring::Communicator&)>& body) {
  const auto store = c10::make_intrusive<c10d::HashStore>();
  std::mutex mutex;
  std::exception_ptr first_failure;
  const auto run = [&](int rank) {
    try {
      const std::shared_ptr<ring::Communicator> communicator =
          ring::Connect(store,
                        {.rank = rank,
                         .size = num_ranks,
                         .wire = WireOf(options.transport),
                         .timeout = options.timeout,
                         .max_messages = options.max_messages},
                        std::make_shared<ring::TraceRecorder>(rank, options.trace));
      body(*communicator);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!first_failure) first_failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> ranks;
    for (int rank = 0; rank < num_ranks; ++rank) ranks.emplace_back(run, rank);
  }  // joins
  if (first_failure) std::rethrow_exception(first_failure);
}

}  // namespace tests
