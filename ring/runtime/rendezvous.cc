#include "ring/runtime/rendezvous.h"

#include "ring/runtime/communicator.h"

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <cstdio>
#include <exception>
#include <thread>

namespace ring {
namespace {

using Clock = std::chrono::steady_clock;

std::string Key(const std::string& topic, int rank) { return topic + "/" + std::to_string(rank); }

constexpr std::chrono::milliseconds kBetweenLooks{10};

// Rank 0 keeps the store, and stays a little longer, so that the others can still see who is
// missing.
constexpr std::chrono::milliseconds kHostsPatience{500};

[[noreturn]] void ThrowMissing(const Rendezvous& rendezvous, const std::string& topic) {
  std::string missing;
  for (int r = 0; r < rendezvous.size; ++r) {
    if (rendezvous.store->check({Key(topic, r)})) continue;
    missing += (missing.empty() ? "" : ", ") + std::to_string(r);
  }
  char seconds[32];
  std::snprintf(seconds, sizeof(seconds), "%.1f s",
                std::chrono::duration<double>(rendezvous.timeout).count());
  throw CommunicationError("rank " + std::to_string(rendezvous.rank) + " waited " + seconds +
                           " for the others (" + topic + "): of " +
                           std::to_string(rendezvous.size) + " ranks, not here: " + missing);
}

std::vector<std::string> Exchange(const Rendezvous& rendezvous, const std::string& topic,
                                  const std::string& text) {
  auto deadline = Clock::now() + rendezvous.timeout;
  if (rendezvous.rank == 0) deadline += kHostsPatience;
  rendezvous.store->set(Key(topic, rendezvous.rank), text);
  std::vector<std::string> keys, texts;
  for (int r = 0; r < rendezvous.size; ++r) keys.push_back(Key(topic, r));
  // Looking again and again, because a store that has been waited for in vain is of no more use.
  while (!rendezvous.store->check(keys)) {
    if (Clock::now() >= deadline) ThrowMissing(rendezvous, topic);
    std::this_thread::sleep_for(kBetweenLooks);
  }
  for (const std::string& key : keys) texts.push_back(rendezvous.store->get_to_str(key));
  return texts;
}

}  // namespace

std::vector<std::string> ExchangeTexts(const Rendezvous& rendezvous, const std::string& topic,
                                       const std::string& text) {
  try {
    return Exchange(rendezvous, topic, text);
  } catch (const CommunicationError&) {
    throw;
  } catch (const std::exception&) {
    throw CommunicationError("rank " + std::to_string(rendezvous.rank) +
                             ": rank 0, where the ranks meet, is gone (" + topic + ")");
  }
}

}  // namespace ring
