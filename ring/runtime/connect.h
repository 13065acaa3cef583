// From a place where ranks can find each other to a communicator between them.
//
// What the ranks of one host share besides is a board of who does what: the first of them makes it
// and tells the others where it is.
#ifndef RING_RUNTIME_CONNECT_H_
#define RING_RUNTIME_CONNECT_H_

#include "ring/runtime/communicator.h"

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <memory>
#include <string>

namespace c10d {
class Store;
}  // namespace c10d

namespace ring {

class TraceRecorder;

// How messages travel.
enum class Wire { kGloo, kSharedMemory, kNccl };

struct GroupOptions {
  int rank = 0;
  int size = 1;
  Wire wire = Wire::kGloo;

  // Whether all ranks are on one host, in one or in several processes.
  bool one_host = true;

  // Where this host's sockets listen.
  std::string address = "127.0.0.1";

  std::chrono::milliseconds timeout = std::chrono::seconds(60);
  int max_messages = 8;

  // Of the GPUs of this host, for kNccl.
  int gpu = 0;
};

// Returns when all `size` ranks have come. Throws CommunicationError when they do not within the
// time-out.
std::shared_ptr<Communicator> Connect(const c10::intrusive_ptr<c10d::Store>& store,
                                      const GroupOptions& options,
                                      std::shared_ptr<TraceRecorder> trace);

}  // namespace ring

#endif  // RING_RUNTIME_CONNECT_H_
