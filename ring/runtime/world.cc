#include "ring/runtime/world.h"

#include "ring/runtime/connect.h"
#include "ring/runtime/host_identity.h"
#include "ring/runtime/rendezvous.h"
#include "ring/runtime/trace.h"

#include <c10/util/Exception.h>
#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <vector>

namespace ring {
namespace {

// c10d's own log says what its exceptions say, with stacks: one sentence of ours is enough.
void QuietenLog() { FLAGS_caffe2_log_level = c10::GLOG_FATAL; }

std::string Place(const WorldOptions& options) {
  return options.master_address + ":" + std::to_string(options.master_port);
}

// The store where the ranks meet; rank 0 keeps it.
c10::intrusive_ptr<c10d::Store> OpenStore(const WorldOptions& options) {
  c10d::TCPStoreOptions store;
  store.port = static_cast<uint16_t>(options.master_port);
  store.isServer = options.rank == 0;
  store.waitWorkers = false;
  store.timeout = options.timeout;
  try {
    return c10::make_intrusive<c10d::TCPStore>(options.master_address, store);
  } catch (const std::exception& error) {
    const bool in_use = std::string(error.what()).find("EADDRINUSE") != std::string::npos;
    if (options.rank == 0 && in_use) {
      throw CommunicationError("rank 0: port " + std::to_string(options.master_port) +
                               " is in use by another program; choose another MASTER_PORT");
    }
    if (options.rank == 0) {
      throw CommunicationError("rank 0 cannot listen at " + Place(options) +
                               "; MASTER_ADDR must be an address of its own host");
    }
    char seconds[32];
    std::snprintf(seconds, sizeof(seconds), "%.1f s",
                  std::chrono::duration<double>(options.timeout).count());
    throw CommunicationError("rank " + std::to_string(options.rank) + " waited " + seconds +
                             " for rank 0 at " + Place(options) + ", which does not answer");
  }
}

// Two programs that are not of one world must not begin to talk.
void CheckSameWorld(const Rendezvous& rendezvous, const WorldOptions& options) {
  const std::string own = std::to_string(options.size) + " ranks, transport " +
                          std::to_string(static_cast<int>(options.transport)) + ", " +
                          std::to_string(options.max_messages) + " messages";
  const std::string self = "rank " + std::to_string(options.rank);
  const std::string claim = "claim of " + self;
  if (rendezvous.store->add(claim, 1) != 1) {
    throw CommunicationError("two processes at " + Place(options) + " say that they are " + self);
  }
  if (options.rank == 0) rendezvous.store->set("world", own);
  std::string first;
  try {
    rendezvous.store->wait({"world"}, options.timeout);
    first = rendezvous.store->get_to_str("world");
  } catch (const std::exception&) {
    throw CommunicationError(self + ": rank 0 at " + Place(options) + " has come and gone");
  }
  if (first != own) {
    throw CommunicationError("rank 0 and " + self + " are of different worlds: rank 0 says " +
                             first + "; " + self + " says " + own);
  }
}

Wire ChooseWire(const WorldOptions& options, bool one_host) {
  switch (options.transport) {
    case Transport::kAuto:
      return one_host ? Wire::kSharedMemory : Wire::kGloo;
    case Transport::kGloo:
      return Wire::kGloo;
    case Transport::kSharedMemory:
      TORCH_CHECK_VALUE(one_host, "transport shm needs all ranks on one host; use auto or gloo");
      return Wire::kSharedMemory;
    case Transport::kNccl:
      return Wire::kNccl;
  }
  return Wire::kGloo;
}

}  // namespace

World::World(const WorldOptions& options) : options_(options) {
  TORCH_CHECK_VALUE(options.size > 0 && options.rank >= 0 && options.rank < options.size, "rank ",
                    options.rank, " of ", options.size, " ranks");
  if (options.size == 1) return;
  QuietenLog();
  const Rendezvous rendezvous = {.store = OpenStore(options),
                                 .rank = options.rank,
                                 .size = options.size,
                                 .timeout = options.timeout};
  CheckSameWorld(rendezvous, options);
  const std::vector<std::string> hosts = ExchangeTexts(rendezvous, "hosts", HostIdentity());
  const bool one_host =
      std::ranges::all_of(hosts, [&](const std::string& host) { return host == hosts[0]; });
  communicator_ = Connect(rendezvous.store,
                          {.rank = options.rank,
                           .size = options.size,
                           .wire = ChooseWire(options, one_host),
                           .one_host = one_host,
                           .address = AddressTowards(options.master_address, options.master_port),
                           .timeout = options.timeout,
                           .max_messages = options.max_messages,
                           .gpu = options.local_rank},
                          std::make_shared<TraceRecorder>(options.rank, options.trace));
}

World::~World() = default;

Ring World::MakeRing(int ring_size) const {
  TORCH_CHECK_VALUE(ring_size == size(), "a ring of ", ring_size, " ranks in a world of ", size(),
                    ": the ring takes all ranks; start ", ring_size, " processes");
  return communicator_ ? Ring(communicator_) : Ring();
}

}  // namespace ring
