// Ends waits for a peer whose connection is lost.
//
// When a connection breaks, Gloo tells the operations that wait for their turn on it, but not the
// ones whose bytes are half-way: those wait for their time-out. (pytorch/gloo,
// gloo/transport/tcp/pair.cc, Pair::signalException: posted sends and the receive being read are
// left out when they are of unbound buffers, as all of c10d's are.) So a receive of a message that
// is never sent is kept posted for each peer. That one does wait for its turn, a thread waits for
// it, and when it fails, the waits under way are ended.
//
// Gloo reads what has arrived before it finds a connection closed, so a wait that is ended is one
// that nothing can complete any more.
#ifndef RING_RUNTIME_PEER_WATCH_H_
#define RING_RUNTIME_PEER_WATCH_H_

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace c10d {
class Backend;
class Work;
}  // namespace c10d

namespace ring {

// Safe for use by several threads.
class PeerWatch {
 public:
  // Of a Gloo group, whose tag kWatchTag is taken.
  explicit PeerWatch(c10::intrusive_ptr<c10d::Backend> group);
  ~PeerWatch();
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

  // From now on; again does nothing. Throws when the connection is lost already. The peer need not
  // watch this rank.
  void Watch(int peer);

  // Waits for a send to or a receive from `peer`, which is watched. Throws when it fails, takes
  // longer than `timeout`, or can never complete.
  void Wait(int peer, c10d::Work& work, std::chrono::milliseconds timeout);

  // Waits for a collective of the group, with the time-out it was started with. Throws when it
  // fails. Returns early, with what happened, when the connection to a watched peer is lost to
  // which `matters`; the work goes on in Gloo's thread then, and the group can't be destroyed
  // before its time-out.
  std::optional<std::string> WaitForAll(c10d::Work& work, const std::function<bool(int)>& matters);

 private:
  class Watched;
  struct Losses;

  c10::intrusive_ptr<c10d::Backend> group_;
  std::shared_ptr<Losses> losses_;
  std::mutex mutex_;
  std::map<int, std::unique_ptr<Watched>> watched_;
};

}  // namespace ring

#endif  // RING_RUNTIME_PEER_WATCH_H_
