// A c10d Gloo group: the connections and collectives that every communicator of the host has under
// it. The only place that names ProcessGroupGloo.
#ifndef RING_RUNTIME_GLOO_GROUP_H_
#define RING_RUNTIME_GLOO_GROUP_H_

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <string>

namespace c10d {
class Backend;
class Store;
}  // namespace c10d

namespace ring {

struct GlooOptions {
  int rank = 0;
  int size = 1;

  // The address of this host that its peers can reach.
  std::string address = "127.0.0.1";

  std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

// Connects to the other ranks, who find each other through `store`. SIGPIPE is ignored from then
// on, unless the process has a handler for it.
c10::intrusive_ptr<c10d::Backend> MakeGlooGroup(const c10::intrusive_ptr<c10d::Store>& store,
                                                const GlooOptions& options);

}  // namespace ring

#endif  // RING_RUNTIME_GLOO_GROUP_H_
