#include "experiments/commands/ring_ranks.h"

#include "ring/parallel/collectives.h"
#include "ring/runtime/communicator.h"
#include "ring/runtime/launcher.h"
#include "ring/runtime/trace.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <utility>

namespace experiments {
namespace {

// Reading a dataset may take one rank longer than another; a rank that dies ends the wait anyway.
constexpr std::chrono::hours kLongestSetup{1};

constexpr const char* kFailed = "failed";

}  // namespace

ring::WorldOptions PlaceInWorld() {
  return ring::WorldFromEnvironment([](const char* name) { return std::getenv(name); });
}

bool MustStartRanks(int ring_size, const ring::WorldOptions& place) {
  return place.size == 1 && ring_size > 1;
}

int StartRanks(int ring_size, std::vector<std::string> words) {
  return ring::Launch({.program = "/proc/self/exe",
                       .arguments = std::move(words),
                       .num_ranks = ring_size,
                       .prefix_output = false});
}

void CheckRingSize(int ring_size, const ring::Ring& all_ranks) {
  const std::string size = std::to_string(all_ranks.size());
  if (all_ranks.size() == ring_size) return;
  throw std::invalid_argument("--ring-size is " + std::to_string(ring_size) + " in a world of " +
                              size + " ranks, all of which are one ring; give --ring-size " + size +
                              " or start " + std::to_string(ring_size) + " ranks");
}

int ThreadsOfRank(int num_threads, const ring::WorldOptions& place) {
  return std::max(1, num_threads / std::max(1, place.local_size));
}

bool SucceedsOnEveryRank(const ring::Ring& ring, const std::function<void()>& setup) {
  std::exception_ptr failure;
  try {
    setup();
  } catch (...) {
    failure = std::current_exception();
  }
  ring::WaitForAll(ring, "setting up", kLongestSetup);
  const std::vector<std::string> failures =
      ring::GatherTexts(failure ? kFailed : "", ring, "setting up");
  const auto first = std::ranges::find(failures, kFailed);
  if (first == failures.end()) return true;
  if (first - failures.begin() == ring.rank()) std::rethrow_exception(failure);
  return false;
}

void WriteRingTrace(const std::string& path, const ring::Ring& ring) {
  const std::vector<std::string> events =
      ring::GatherTexts(ring.communicator().trace()->Events(), ring, "trace");
  if (ring.rank() == 0) ring::WriteTrace(path, events);
}

}  // namespace experiments
