#include "ring/runtime/rendezvous.h"

#include "ring/runtime/communicator.h"

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>

namespace ring {
namespace {

using Clock = std::chrono::steady_clock;

std::string Key(const std::string& topic, int rank) { return topic + "/" + std::to_string(rank); }

[[noreturn]] void ThrowMissing(const Rendezvous& rendezvous, const std::string& topic) {
  std::string missing;
  for (int r = 0; r < rendezvous.size; ++r) {
    bool has_come = false;
    try {
      has_come = rendezvous.store->check({Key(topic, r)});
    } catch (const std::exception&) {
      throw CommunicationError("rank " + std::to_string(rendezvous.rank) + ": rank 0, where the " +
                               "ranks meet, is gone");
    }
    if (!has_come) missing += (missing.empty() ? "" : ", ") + std::to_string(r);
  }
  char seconds[32];
  std::snprintf(seconds, sizeof(seconds), "%.1f s",
                std::chrono::duration<double>(rendezvous.timeout).count());
  throw CommunicationError("rank " + std::to_string(rendezvous.rank) + " waited " + seconds +
                           " for the others (" + topic + "): of " +
                           std::to_string(rendezvous.size) + " ranks, not here: " + missing);
}

}  // namespace

std::vector<std::string> ExchangeTexts(const Rendezvous& rendezvous, const std::string& topic,
                                       const std::string& text) {
  const auto deadline = Clock::now() + rendezvous.timeout;
  std::vector<std::string> texts;
  try {
    rendezvous.store->set(Key(topic, rendezvous.rank), text);
    for (int r = 0; r < rendezvous.size; ++r) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
      rendezvous.store->wait({Key(topic, r)}, std::max(left, std::chrono::milliseconds(1)));
      texts.push_back(rendezvous.store->get_to_str(Key(topic, r)));
    }
  } catch (const std::exception&) {
    ThrowMissing(rendezvous, topic);
  }
  return texts;
}

}  // namespace ring
