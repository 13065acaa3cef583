// A progress board between hosts: every rank's entry, copied through the store where they met.
//
// A thread publishes this rank's entry twice a second. Nobody reads the others' until a wait fails;
// then whoever has not published for a while is silent, which on another host is all that can be
// known of a process that is stopped, or of a host that is gone.
#ifndef RING_RUNTIME_STORE_MIRROR_H_
#define RING_RUNTIME_STORE_MIRROR_H_

#include "ring/runtime/progress_board.h"

#include <c10/util/intrusive_ptr.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace c10d {
class Store;
}  // namespace c10d

namespace ring {

class StoreMirror : public ProgressMirror {
 public:
  // `entries` has one per rank, of which this rank's is published and the others are overwritten.
  StoreMirror(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
              std::shared_ptr<ProgressEntry[]> entries);
  ~StoreMirror() override;  // publishes once more

  void Refresh() override;

 private:
  bool Publish();
  bool Fetch(int other);

  int rank_, size_;
  std::shared_ptr<ProgressEntry[]> entries_;
  c10::intrusive_ptr<c10d::Store> publish_store_, fetch_store_;  // connections of their own
  uint64_t beats_ = 0;

  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread publisher_;
};

}  // namespace ring

#endif  // RING_RUNTIME_STORE_MIRROR_H_
