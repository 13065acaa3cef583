// Queues of small parcels between the ranks of a host, in memory they share: one for each sender
// and receiver, so that nobody ever waits for a lock.
#ifndef RING_RUNTIME_MAILBOXES_H_
#define RING_RUNTIME_MAILBOXES_H_

#include "ring/runtime/futex.h"
#include "ring/runtime/hop_header.h"
#include "ring/runtime/shared_memory.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace ring {

// What travels instead of a message: what it is, and whose buffer it lies in.
struct Parcel {
  HopHeader header;
  int32_t arena;  // rank that owns the buffer
  int32_t slot;   // -1: a message without bytes
};

class Mailboxes {
 public:
  // Of the memory that `size` ranks share, zero when new. Pages of pairs that never talk are never
  // touched.
  static size_t Bytes(int size);
  Mailboxes(std::shared_ptr<SharedMapping> memory, int rank, int size);

  // False when the queue is full: the receiver has kCapacity parcels to take.
  bool TryPost(int to, const Parcel& parcel);
  std::optional<Parcel> TryTake(int from);

  // Returns when there may be room or a parcel, or after `at_most`.
  void SleepWhileFull(int to, std::chrono::milliseconds at_most);
  void SleepWhileEmpty(int from, std::chrono::milliseconds at_most);

  static constexpr uint32_t kCapacity = 64;

 private:
  struct Queue;
  Queue& QueueOf(int from, int to) const;

  std::shared_ptr<SharedMapping> memory_;
  int rank_, size_;
};

}  // namespace ring

#endif  // RING_RUNTIME_MAILBOXES_H_
